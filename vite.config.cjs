// Ponder loads code through a Vite development server, also in production, and that would watch every file beneath this
// folder: the embedded database's too, which it writes all the time. `npm run bench` shows what that cost.
// CommonJS, because Vite writes a copy of any other configuration into node_modules, which may be read-only.
module.exports = { server: { watch: null } }
