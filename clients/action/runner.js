// The part that both steps share: the runner's inputs and files, and the sgkeeper program.
'use strict'

const { spawnSync } = require('node:child_process')
const { appendFileSync } = require('node:fs')
const { EOL } = require('node:os')

// input returns an input of action.yml; '' if it has neither a value nor a default.
const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] || '').trim()

// flags returns the inputs that have a value as flags of sgkeeper, which have the same names.
const flags = (...names) => names.filter(input).map((name) => `--${name}=${input(name)}`)

// save appends name=value to one of the runner's files.
function save (file, name, value) {
  if (process.env[file]) appendFileSync(process.env[file], `${name}=${value}${EOL}`)
}

// run runs sgkeeper and reports whether it succeeded. Its error becomes an annotation.
function run (args) {
  const program = input('program') || 'sgkeeper'
  const done = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'inherit', 'pipe'] })
  if (done.error) {
    annotate(`cannot run ${program}: ${done.error.message}; install sgkeeper in an earlier step, or set the input program`)
    return false
  }
  if (done.status !== 0) {
    annotate(done.stderr.trim() || `${program} ended with ${done.status ?? done.signal}`)
    return false
  }
  process.stderr.write(done.stderr)
  return true
}

// annotate prints an error of the step. Workflow commands escape %, CR and LF.
function annotate (text) {
  const escaped = text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
  console.log(`::error title=sgkeeper::${escaped}`)
}

module.exports = { flags, input, run, save }
