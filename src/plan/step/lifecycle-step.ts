import type { AppliedResource } from '../../resource/applied.ts'
import type { AttributeChange } from '../../resource/change.ts'
import type { Lifecycle } from '../../resource/desired.ts'
import type { StepDraft } from '../order/step-chain.ts'
import { fieldChange } from '../state/change-builder.ts'

/** What of a lifecycle is remembered, because its declaration is gone when it is needed. */
export const lifecycleChanges = (
  applied: AppliedResource | undefined,
  { preventDestroy, onDestroy }: Lifecycle,
): readonly AttributeChange[] =>
  applied
    ? [
        ...(applied.preventDestroy === preventDestroy
          ? []
          : [fieldChange('lifecycle.prevent_destroy', applied.preventDestroy, preventDestroy)]),
        ...(applied.onDestroy === onDestroy ? [] : [fieldChange('lifecycle.on_destroy', applied.onDestroy, onDestroy)]),
      ]
    : []

/** The binding with what is declared of the lifecycle now. */
export const withLifecycle = <T extends AppliedResource>(applied: T, { preventDestroy, onDestroy }: Lifecycle): T => ({
  ...applied,
  preventDestroy,
  onDestroy,
})

/** Remembers a lifecycle where nothing else changes. */
export const rememberLifecycle = (
  applied: AppliedResource,
  lifecycle: Lifecycle,
  changes: readonly AttributeChange[],
): StepDraft => ({
  verb: 'remember',
  action: 'update',
  summary: `remember ${changes.map(({ name }) => name.replace('lifecycle.', '')).join(' and ')}; nothing is sent to the server`,
  requests: [],
  disruption: 'none',
  reversal: { by: 'requests', requests: [], note: 'remember what was declared before' },
  binding: { before: applied, after: withLifecycle(applied, lifecycle) },
})
