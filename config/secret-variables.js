// Not TypeScript: `cli/environment.js` needs it before anything can be compiled.

/** Every variable that has to do with a key. */
export const keyVariables = [
  'GAINSAY_PRIVATE_KEY',
  'GAINSAY_PRIVATE_KEY_FILE',
  'GAINSAY_KEYSTORE',
  'GAINSAY_KEYSTORE_PASSWORD_FILE',
  'GAINSAY_SIGNER_URL',
  'GAINSAY_SIGNER_ADDRESS',
  'GAINSAY_CANARY_PRIVATE_KEY_FILE',
  'GAINSAY_CANARY_KEYSTORE',
  'GAINSAY_CANARY_KEYSTORE_PASSWORD_FILE',
  'GAINSAY_CANARY_SIGNER_URL',
  'GAINSAY_CANARY_SIGNER_ADDRESS',
]

/** The variables of the webhook: receivers put tokens into URLs. */
export const webhookVariables = ['GAINSAY_WEBHOOK_URL', 'GAINSAY_WEBHOOK_SECRET']

/** Every variable with a secret that is the watcher's alone: keys, and URLs that tokens are often part of. */
export const watcherSecrets = [...keyVariables, ...webhookVariables, 'GAINSAY_RELAY_URL']
