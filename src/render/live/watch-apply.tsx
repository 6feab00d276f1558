import { Box, render, Static, Text } from 'ink'
import type { ApplyEvent } from '../../apply/apply-event.ts'
import { countSteps } from '../../apply/count-steps.ts'
import type { Io } from '../../io/io.ts'
import { type ApplyProgress, LOG_TAIL, NO_PROGRESS, progressAfter, type StepProgress } from '../apply-progress.ts'
import { stepMark } from '../apply-text.ts'
import { durationText } from '../duration-text.ts'
import { wantsColour } from '../style.ts'
import { Colours, Toned } from './toned.tsx'

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100
const MOST_WAITING = 5
const MOST_NOTICE = 6

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

interface RunningProps {
  readonly step: StepProgress
  readonly frame: number
  readonly now: number
  /** How many lines of its log are shown. */
  readonly logLines: number
}

const Running = ({ step, frame, now, logLines }: RunningProps) => (
  <>
    <Text wrap="truncate-end">
      {'  '}
      <Toned tone="accent">{SPINNER[frame % SPINNER.length] ?? ''}</Toned> {step.address}: {step.summary}
      {step.direction === 'reverse' ? ' (undoing)' : ''}{' '}
      <Toned tone="dim">{durationText(Math.max(0, now - Date.parse(step.startedAt ?? '')) / 1000)}</Toned>
    </Text>
    {step.log.slice(step.log.length - Math.min(logLines, step.log.length)).map((line, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the tail of a log has no other identity
      <Text key={at} dimColor wrap="truncate-end">{`      ${line}`}</Text>
    ))}
  </>
)

const countText = ({ steps, rollingBack, toUndo }: ApplyProgress): string => {
  const statuses = steps.map(({ id, status }) => ({ step: id, status }))
  if (!rollingBack) {
    const { ended, total } = countSteps({ steps }, statuses)
    return `${ended} of ${total} steps`
  }
  const undone = new Set(steps.flatMap(({ id, status }) => (status === 'undone' ? [id] : [])))
  return `${toUndo.filter((id) => undone.has(id)).length} of ${toUndo.length} steps undone`
}

/** How many steps and lines of logs a screen holds: what runs comes first, then its logs, then what waits. */
export const applyRoom = (rows: number, running: number) => {
  // The counts, what is said of a rollback, how many are not shown, and the line the cursor is on.
  const room = Math.max(1, rows - 4)
  const shown = Math.min(running, room)
  const logLines = shown === 0 ? 0 : Math.min(LOG_TAIL, Math.floor((room - shown) / shown))
  return { shown, logLines, waiting: Math.min(MOST_WAITING, room - shown * (1 + logLines)) }
}

interface ApplyProps {
  readonly progress: ApplyProgress
  readonly ended: readonly StepProgress[]
  readonly now: number
  readonly frame: number
  readonly rows: number
  readonly columns: number
  /** What is said of an interruption; empty when there was none. */
  readonly notice: string
}

/**
 * A run's progress: what ended above, what runs with the tail of its log, what waits, and the counts. What changes is never taller than the
 * screen: then Ink would clear the terminal, and write everything that ended once more, with every frame.
 */
const ApplyPicture = ({ progress, ended, now, frame, rows, columns, notice }: ApplyProps) => {
  const running = progress.steps.filter(({ status }) => status === 'running')
  // The steps that are waited for stand below with their clocks; their tasks are named here.
  const noticeLines = notice === '' || progress.rollingBack ? [] : notice.trimEnd().split('\n').slice(0, MOST_NOTICE)
  const noticeRows = noticeLines.reduce((sum, line) => sum + Math.ceil((line.length + 1) / columns), 0)
  const elapsed = Math.max(0, now - Date.parse(progress.startedAt || new Date(now).toISOString())) / 1000
  const count = countText(progress)
  const room = applyRoom(Math.max(1, rows - noticeRows), running.length)
  const waiting = progress.rollingBack
    ? []
    : progress.steps.filter(({ status }) => status === 'waiting').slice(0, room.waiting)
  return (
    <>
      <Static items={[...ended]}>{(step) => <Finished key={`${step.id}:${step.direction}`} step={step} />}</Static>
      {progress.outcome ? null : (
        <Box flexDirection="column">
          {noticeLines.map((line) => (
            <Text key={line}>
              <Toned tone="warning">{line}</Toned>
            </Text>
          ))}
          {progress.rollingBack ? (
            <Toned tone="warning">{`${progress.steps.some(({ status }) => status === 'failed') ? 'A step failed.' : 'Interrupted.'} Undoing what was done, last first.`}</Toned>
          ) : null}
          {running.slice(0, room.shown).map((step) => (
            <Running key={step.id} step={step} frame={frame} now={now} logLines={room.logLines} />
          ))}
          {running.length > room.shown ? <Text dimColor>{`  … ${running.length - room.shown} more`}</Text> : null}
          {waiting.map((step) => (
            <Text key={step.id} dimColor wrap="truncate-end">{`  · ${step.address}: ${step.summary}`}</Text>
          ))}
          <Toned tone="dim">{`  ${count} · ${running.length} running · ${durationText(elapsed)}`}</Toned>
        </Box>
      )}
    </>
  )
}

export interface ApplyWatch {
  readonly emit: (event: ApplyEvent) => void
  /** Draws the last picture and lets go of the terminal. */
  readonly end: () => Promise<void>
  /** Shows what is said of an interruption. */
  readonly say: (text: string) => void
  /** Draws no more, at once. */
  readonly letGo: () => void
}

/**
 * Opens a live view of a run on stderr; events are fed to it by the command that runs the plan. It is drawn by the clock and not by the
 * event: a large plan has many more events than anybody sees.
 */
export const watchApply = ({
  terminal,
  clock,
  env = {},
}: Pick<Io, 'terminal' | 'clock'> & Partial<Pick<Io, 'env'>>): ApplyWatch => {
  let progress = NO_PROGRESS
  let frame = 0
  let notice = ''
  const heard: ApplyEvent[] = []
  const ended: StepProgress[] = []
  const picture = () => {
    const events = heard.splice(0)
    progress = progressAfter(progress, events)
    const steps = new Map(progress.steps.map((step) => [step.id, step]))
    for (const event of events) {
      const step = event.type === 'step-ended' ? steps.get(event.step) : undefined
      if (step && event.type === 'step-ended') ended.push({ ...step, status: event.status, seconds: event.seconds })
    }
    const rows = terminal.stderr.rows ?? 24
    return (
      <Colours.Provider value={wantsColour(env)}>
        <ApplyPicture
          progress={progress}
          ended={ended}
          now={clock.now().getTime()}
          frame={frame}
          rows={rows}
          columns={terminal.stderr.columns ?? 80}
          notice={notice}
        />
      </Colours.Provider>
    )
  }
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
    emit: (event) => void heard.push(event),
    say: (text) => {
      notice = text
      rerender(picture())
    },
    letGo: () => {
      clearInterval(timer)
      unmount()
    },
    end: async () => {
      clearInterval(timer)
      rerender(picture())
      unmount()
      await waitUntilExit()
    },
  }
}
