/** Every variable that has to do with a key. */
export declare const keyVariables: readonly string[]

/** The variables of the webhook: receivers put tokens into URLs. */
export declare const webhookVariables: readonly string[]

/** Every variable with a secret that is the watcher's alone: keys, and URLs that tokens are often part of. */
export declare const watcherSecrets: readonly string[]
