import { Box, type Key, render, Text, useApp, useInput } from 'ink'
import { useRef, useState } from 'react'
import type { Io } from '../../io/io.ts'
import type { PlanView } from '../plan-view.ts'
import { wantsColour } from '../style.ts'
import { ResourcePicture, SummaryPicture } from './plan-picture.tsx'
import {
  findRow,
  moveCursor,
  nextFilter,
  type ReviewState,
  reviewRows,
  toggleRow,
  visibleResources,
} from './review-rows.ts'
import { reviewWindow, type Screen } from './review-window.ts'
import { Colours } from './toned.tsx'

/** How a review ended; closing a view that does not ask is declining. */
export type ReviewEnd = 'approved' | 'declined' | 'interrupted'

interface ReviewProps {
  readonly view: PlanView
  /** Asks for approval; otherwise the view is only for looking. */
  readonly asks: boolean
  readonly screen: Screen
  readonly onEnd: (end: ReviewEnd) => void
}

const Review = ({ view, asks, screen, onEnd }: ReviewProps) => {
  const { exit } = useApp()
  const [state, setState] = useState<ReviewState>({
    cursor: 0,
    folded: view.resources.length > 8 ? new Set(view.resources.map(({ address }) => address)) : new Set(),
    openSteps: new Set(),
    filter: undefined,
  })
  const [search, setSearch] = useState<string | undefined>()
  // As with the answer: keys may come faster than the screen is drawn.
  const searched = useRef<string | undefined>(undefined)
  const lastSearch = useRef('')
  const [answer, setAnswer] = useState('')
  // Several keys may arrive before the next drawing, when `answer` is still the old one.
  const typedSoFar = useRef('')
  const type = (text: string) => {
    typedSoFar.current = text
    setAnswer(text)
  }
  const end = (how: ReviewEnd) => {
    onEnd(how)
    exit()
  }
  const page = Math.max(1, Math.floor(screen.rows / 2))
  const lookFor = (text: string | undefined) => {
    searched.current = text
    setSearch(text)
  }
  const searchWith = (text: string) => {
    lastSearch.current = text || lastSearch.current
    setState((now) => findRow(view, now, lastSearch.current))
    lookFor(undefined)
  }
  const searchKey = (input: string, key: Key) => {
    const text = searched.current ?? ''
    if (key.escape) lookFor(undefined)
    else if (key.return) searchWith(text)
    else if (key.backspace || key.delete) lookFor(text.slice(0, -1))
    else if (input.endsWith('\r')) searchWith(text + input.slice(0, -1))
    else if (!key.ctrl && !key.meta) lookFor(text + input)
  }
  const answerWith = (text: string) => end(text.trim() === 'yes' ? 'approved' : 'declined')
  useInput((input, key) => {
    if (key.ctrl && input === 'c') return end('interrupted')
    if (searched.current === undefined && (key.escape || (!asks && input === 'q'))) return end('declined')
    if (searched.current !== undefined) return searchKey(input, key)
    if (input === '/' && !key.ctrl && !key.meta) return lookFor('')
    if (key.pageUp) return setState((now) => moveCursor(view, now, -page))
    if (key.pageDown) return setState((now) => moveCursor(view, now, page))
    if (key.home) return setState((now) => ({ ...now, cursor: 0 }))
    if (key.end) return setState((now) => moveCursor(view, now, Number.MAX_SAFE_INTEGER))
    if (key.upArrow) return setState((now) => moveCursor(view, now, -1))
    if (key.downArrow) return setState((now) => moveCursor(view, now, 1))
    if (key.leftArrow || key.rightArrow) return setState((now) => toggleRow(view, now))
    if (key.tab) return setState((now) => ({ ...now, filter: nextFilter(now.filter), cursor: 0 }))
    if (!asks) return
    if (key.return) return answerWith(typedSoFar.current)
    if (key.backspace || key.delete) return type(typedSoFar.current.slice(0, -1))
    if (key.ctrl || key.meta) return
    // What is pasted, or typed fast, comes in one piece that holds such keys too.
    for (const character of input) {
      if (character === '\x03') return end('interrupted')
      if (character === '\r' || character === '\n') return answerWith(typedSoFar.current)
      if (character === '\x7f' || character === '\b') type(typedSoFar.current.slice(0, -1))
      else type(typedSoFar.current + character)
    }
  })
  const resources = visibleResources(view, state)
  const marked = reviewRows(view, state)[state.cursor]
  const room = { ...screen, rows: Math.max(4, screen.rows - 8) }
  const { shown, above, below, height, hidden } = reviewWindow(resources, state, marked, room)
  return (
    <Box flexDirection="column">
      <Text bold>{view.title}</Text>
      <Text dimColor>{above > 0 ? `  ↑ ${above} more` : ' '}</Text>
      {/* Ink clears the terminal, scroll-back and all, when a picture is taller than the screen. */}
      <Box flexDirection="column" overflowY="hidden" height={height}>
        <Box flexDirection="column" flexShrink={0} marginTop={-hidden}>
          {shown.map((resource) => (
            <ResourcePicture
              key={resource.address}
              resource={resource}
              folded={state.folded.has(resource.address)}
              openSteps={state.openSteps}
              {...(marked !== undefined && { marked })}
            />
          ))}
        </Box>
      </Box>
      {resources.length === 0 ? <Text>{'  No step is this disruptive.'}</Text> : null}
      <Text dimColor>{below > 0 ? `  ↓ ${below} more` : ' '}</Text>
      <SummaryPicture view={view} />
      <Text dimColor>
        {search === undefined
          ? `↑↓ PgUp PgDn Home End · ←→ open · / find · Tab filter: ${state.filter ?? 'all'} · Esc ${asks ? 'cancel' : 'close'}`
          : `Find: ${search}▏ (Enter: next, Esc: leave)`}
      </Text>
      {asks ? (
        <Text>
          Apply these changes? Only "yes" is accepted: <Text bold>{answer}</Text>
          <Text inverse> </Text>
        </Text>
      ) : null}
    </Box>
  )
}

/**
 * Lets a person look through a plan with the keyboard and, when `asks`, approve it by typing `yes`. Draws on stderr, so that stdout stays
 * a result. Ctrl-C ends it as `interrupted`.
 */
export const reviewPlan = async (
  view: PlanView,
  { asks }: { readonly asks: boolean },
  { terminal, env = {} }: Pick<Io, 'terminal'> & Partial<Pick<Io, 'env'>>,
): Promise<ReviewEnd> => {
  const review: { end: ReviewEnd } = { end: 'declined' }
  const { waitUntilExit } = render(
    <Colours.Provider value={wantsColour(env)}>
      <Review
        view={view}
        asks={asks}
        screen={{ rows: terminal.stderr.rows ?? 24, columns: terminal.stderr.columns ?? 80 }}
        onEnd={(end) => {
          review.end = end
        }}
      />
    </Colours.Provider>,
    { stdin: terminal.stdin, stdout: terminal.stderr, stderr: terminal.stderr, exitOnCtrlC: false },
  )
  await waitUntilExit()
  return review.end
}
