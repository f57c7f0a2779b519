export async function runStatus(_: { json?: boolean }): Promise<void> {}
