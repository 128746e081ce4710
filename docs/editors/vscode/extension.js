const { workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

exports.activate = async () => {
  const settings = workspace.getConfiguration('zerogpu');
  const [command, ...args] = settings.get('command');
  const documents = ['python', 'pip-requirements', 'markdown', 'plaintext'];
  client = new LanguageClient(
    'zerogpu',
    { command, args },
    {
      documentSelector: documents.map((language) => ({ scheme: 'file', language })),
      initializationOptions: {
        platform: settings.get('platform'),
        select: settings.get('select'),
        ignore: settings.get('ignore'),
      },
      synchronize: { configurationSection: 'zerogpu' },
    },
  );
  await client.start();
};

exports.deactivate = () => client?.stop();
