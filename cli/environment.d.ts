/** What the command was called with, secrets included; `process.env`, which every child process inherits, has none. */
export declare const environment: Record<string, string | undefined>
