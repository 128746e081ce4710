#!/bin/sh
//bin/true 2>/dev/null; exec node -- "$0" "$@"
// For JavaScript the line above is a comment; a shell starts Node with it. Without "--", Node 20 reads the file of
// "zerogpu run --env-file" itself: it applies its NODE_OPTIONS to zerogpu, and ends with code 9 if there is no such file.
// Plain old syntax on purpose: this file must be readable by the Node that it turns away.
var parts = process.versions.node.split('.').map(Number);
if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
  process.stderr.write(
    'error  zerogpu needs Node 20.19 or newer; this is Node ' +
      process.versions.node +
      '\n  fix    install Node 20 or newer, then run the command again\n',
  );
  process.exitCode = 3;
} else {
  import('../dist/cli.js').then(
    (cli) => cli.runProcess(),
    (error) => {
      if (error && error.code === 'ERR_MODULE_NOT_FOUND' && /dist/.test(String(error.message))) {
        process.stderr.write('error  zerogpu is not built yet\n  fix    npm run setup\n');
        process.exitCode = 3;
        return;
      }
      throw error;
    },
  );
}
