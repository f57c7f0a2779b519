#!/usr/bin/env node
import './environment.js'
import { register } from 'tsx/esm/api'

register()
await import('./main.ts')
