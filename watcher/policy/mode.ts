import { type Mode, mayBeLive, type PolicyConfig } from '../../config/policy.ts'

/** Modes as configured. */
export type Modes = Pick<PolicyConfig, 'mode' | 'modelModes'>

/**
 * The mode of a model; without one, that of what concerns no model, such as a withdrawal: live as soon as anything is,
 * since what was earned live must be fetched.
 */
export function modeOf(modes: Modes, modelId?: string): Mode {
  if (modelId !== undefined) return modes.modelModes.get(modelId) ?? modes.mode
  if (mayBeLive(modes)) return 'live'
  return [modes.mode, ...modes.modelModes.values()].includes('shadow') ? 'shadow' : 'watch'
}
