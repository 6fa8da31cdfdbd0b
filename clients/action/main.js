// Opens the ports of one job, and waits until they are open.
'use strict'

const { randomBytes } = require('node:crypto')
const { flags, run, save } = require('./runner.js')

const env = process.env

// launchName returns a name for this run of the job: the run and its attempt, the job, and a
// random suffix, because a job may use the action twice. A launch name has at most 128
// characters of a-zA-Z0-9._:/=+@-.
function launchName () {
  const job = (env.GITHUB_JOB || 'job').replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 60)
  return `gha-${env.GITHUB_RUN_ID || '0'}-${env.GITHUB_RUN_ATTEMPT || '1'}-${job}-${randomBytes(4).toString('hex')}`
}

const launch = launchName()
save('GITHUB_STATE', 'launch', launch) // before open, so that the post step ends the launch even if open fails
save('GITHUB_OUTPUT', 'launch', launch)

const reason = `${env.GITHUB_WORKFLOW || 'workflow'}: ` +
  `${env.GITHUB_SERVER_URL || ''}/${env.GITHUB_REPOSITORY || ''}/actions/runs/${env.GITHUB_RUN_ID || ''}`

const opened = run([
  'open', '--wait', `--launch=${launch}`, `--reason=${reason.slice(0, 512)}`,
  ...flags('group', 'vpc', 'ports', 'protocol', 'from', 'expires', 'timeout', 'bus', 'source', 'waiter', 'region'),
  ...(env.GITHUB_ACTOR ? [`--requester=${env.GITHUB_ACTOR.slice(0, 128)}`] : [])
])
process.exitCode = opened ? 0 : 1
