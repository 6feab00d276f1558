import { Text } from 'ink'
import type { ReactNode } from 'react'
import { INK_COLOURS, type Tone } from '../style.ts'

/** Text in the colour of its meaning; the live counterpart of `Paint`. */
export const Toned = ({
  tone,
  bold,
  children,
}: {
  readonly tone: Tone
  readonly bold?: boolean
  readonly children: ReactNode
}) => {
  const color = INK_COLOURS[tone]
  return (
    <Text {...(color !== undefined && { color })} bold={bold === true || tone === 'bold'} dimColor={tone === 'dim'}>
      {children}
    </Text>
  )
}
