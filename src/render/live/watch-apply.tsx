import { Box, render, Static, Text } from 'ink'
import type { ApplyEvent } from '../../apply/apply-event.ts'
import type { Io } from '../../io/io.ts'
import { type ApplyProgress, NO_PROGRESS, progressAfter, type StepProgress } from '../apply-progress.ts'
import { stepMark } from '../apply-text.ts'
import { durationText } from '../duration-text.ts'
import { Toned } from './toned.tsx'

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100
const MOST_WAITING = 5

const Finished = ({ step }: { readonly step: StepProgress }) => {
  const [mark, tone] = stepMark(step.status)
  return (
    <Text>
      {'  '}
      <Toned tone={tone}>{mark}</Toned> {step.address}: {step.summary}{' '}
      <Toned tone="dim">{`${step.status} in ${durationText(step.seconds ?? 0)}`}</Toned>
    </Text>
  )
}

const Running = ({
  step,
  frame,
  now,
}: {
  readonly step: StepProgress
  readonly frame: number
  readonly now: number
}) => (
  <Box flexDirection="column">
    <Text>
      {'  '}
      <Toned tone="accent">{SPINNER[frame % SPINNER.length] ?? ''}</Toned> {step.address}: {step.summary}
      {step.direction === 'reverse' ? ' (undoing)' : ''}{' '}
      <Toned tone="dim">{durationText(Math.max(0, now - Date.parse(step.startedAt ?? '')) / 1000)}</Toned>
    </Text>
    {step.log.length === 0 ? null : (
      <Box paddingLeft={6}>
        <Toned tone="dim">{step.log.join('\n')}</Toned>
      </Box>
    )}
  </Box>
)

const ENDED = new Set<StepProgress['status']>(['done', 'failed', 'undone', 'undo-failed', 'not-run'])

/** A run's progress: what ended above, what runs with the tail of its log, what waits, and the counts. */
const ApplyPicture = ({
  progress,
  ended,
  now,
  frame,
}: {
  readonly progress: ApplyProgress
  readonly ended: readonly StepProgress[]
  readonly now: number
  readonly frame: number
}) => {
  const running = progress.steps.filter(({ status }) => status === 'running')
  const waiting = progress.steps.filter(({ status }) => status === 'waiting')
  const elapsed = Math.max(0, now - Date.parse(progress.startedAt || new Date(now).toISOString())) / 1000
  const done = progress.steps.filter(({ status }) => ENDED.has(status)).length
  return (
    <>
      <Static items={[...ended]}>{(step) => <Finished key={`${step.id}:${step.direction}`} step={step} />}</Static>
      {progress.outcome ? null : (
        <Box flexDirection="column">
          {progress.rollingBack ? (
            <Toned tone="warning">{`${progress.steps.some(({ status }) => status === 'failed') ? 'A step failed.' : 'Interrupted.'} Undoing what was done, last first.`}</Toned>
          ) : null}
          {running.map((step) => (
            <Running key={step.id} step={step} frame={frame} now={now} />
          ))}
          {progress.rollingBack
            ? null
            : waiting
                .slice(0, MOST_WAITING)
                .map((step) => <Toned key={step.id} tone="dim">{`  · ${step.address}: ${step.summary}`}</Toned>)}
          <Toned tone="dim">{`  ${done} of ${progress.steps.length} steps · ${running.length} running · ${durationText(elapsed)}`}</Toned>
        </Box>
      )}
    </>
  )
}

export interface ApplyWatch {
  readonly emit: (event: ApplyEvent) => void
  /** Draws the last picture and lets go of the terminal. */
  readonly end: () => Promise<void>
}

/** Opens a live view of a run on stderr; events are fed to it by the command that runs the plan. */
export const watchApply = ({ terminal, clock }: Pick<Io, 'terminal' | 'clock'>): ApplyWatch => {
  let progress = NO_PROGRESS
  let frame = 0
  const ended: StepProgress[] = []
  const picture = () => <ApplyPicture progress={progress} ended={ended} now={clock.now().getTime()} frame={frame} />
  const { rerender, unmount, waitUntilExit } = render(picture(), {
    stdout: terminal.stderr,
    stderr: terminal.stderr,
    stdin: terminal.stdin,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  const timer = setInterval(() => {
    frame += 1
    rerender(picture())
  }, FRAME_MS)
  return {
    emit: (event) => {
      progress = progressAfter(progress, event)
      const step = event.type === 'step-ended' ? progress.steps.find(({ id }) => id === event.step) : undefined
      if (step) ended.push(step)
      rerender(picture())
    },
    end: async () => {
      clearInterval(timer)
      rerender(picture())
      unmount()
      await waitUntilExit()
    },
  }
}
