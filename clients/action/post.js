// Ends the job's launch. sgkeeper then closes the ports that no other launch needs.
'use strict'

const { flags, input, run } = require('./runner.js')

const launch = process.env.STATE_launch
if (launch) { // otherwise the main step ended before it saved the name
  const closed = run(['close', `--launch=${launch}`, ...flags('bus', 'source', 'region')])
  if (!closed) {
    console.log(`::warning title=sgkeeper::the ports of ${launch} stay open until their expiry, ` +
      `${input('expires')} after they were opened; to close them now: sgkeeper close --launch ${launch}`)
  }
}
