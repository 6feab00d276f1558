import { join } from 'node:path'
import type { Simulator } from '../../simulator/start.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext } from '../program/command-context.ts'

export interface Stage {
  readonly folder: string
  readonly simulator: Simulator
  readonly declarations: string
}

interface Teller {
  readonly chapter: (title: string, text: string) => void
  /** Shows a command line, runs it, and gives what it printed; throws when it does not end as the story says. */
  readonly command: (args: readonly string[], expected: ExitCode) => Promise<string>
  readonly say: (text: string) => void
}

/** No line of ours is longer than a terminal is wide. */
const WIDTH = 80

const wrapped = (text: string, width: number): string =>
  text
    .split('\n')
    .map((line) =>
      line.startsWith('    ')
        ? line
        : line.replace(new RegExp(`(.{1,${width - 1}})(?:\\s+|$)`, 'gu'), '$1\n').trimEnd(),
    )
    .join('\n')

const teller = (context: CommandContext, { folder, simulator }: Stage): Teller => {
  const { io, print, paint } = context
  const width = Math.min(WIDTH, io.stdout.columns)
  const rule = '─'.repeat(width)
  const say = (text: string) => print(`${wrapped(text, width)}\n`)
  return {
    say,
    chapter: (title, text) => print(`\n${paint('accent', rule)}\n${paint('bold', title)}\n\n${wrapped(text, width)}\n`),
    command: async (args, expected) => {
      print(`\n${paint('accent', '$')} ${paint('bold', `mpc ${args.join(' ')}`)}\n`)
      const heard: string[] = []
      const output = {
        ...io.stdout,
        isTerminal: false,
        columns: io.stdout.columns,
        write: (text: string) => {
          heard.push(text)
          print(text)
        },
      }
      const code = await context.runLine({
        ...io,
        cwd: folder,
        args,
        // What the demo agrees to is forgotten with its folder.
        env: {
          ...colours(io.env, io.stdout.isTerminal),
          PROXMOX_VE_API_TOKEN: simulator.token,
          XDG_CONFIG_HOME: folder,
          APPDATA: folder,
        },
        stdout: output,
        stderr: output,
      })
      if (io.signal.aborted) throw new Error('interrupted')
      if (code !== expected) throw new Error(`mpc ${args[0]} ended with ${code}, the demo expected ${expected}`)
      return heard.join('')
    },
  }
}

/** Only what the demo needs: the visitor's own server must not be touched by a variable that happens to be set. */
const colours = (env: Readonly<Record<string, string | undefined>>, terminal: boolean) => ({
  PATH: env['PATH'],
  HOME: env['HOME'],
  TERM: env['TERM'],
  NO_COLOR: env['NO_COLOR'],
  FORCE_COLOR: terminal ? '1' : env['FORCE_COLOR'],
})

const planIdIn = (text: string): string => /\bp-[a-z0-9]+/.exec(text)?.[0] ?? ''

const pictureOf = ({ simulator }: Stage): string => canonicalJson(simulator.dump())

const compare = (tell: Teller, before: string, now: string): void => {
  if (before !== now) throw new Error('the cluster differs from what it was before')
  tell.say('\n→ The demo compared the configuration of every guest with the one before: equal, byte for byte.')
}

/** Disks that were added are detached by a revert and kept: with data on them, as PVE keeps them. */
const withoutKept = (picture: string): string => picture.replaceAll(/\\nunused\d+: [^\\]*/g, '')

const compareAfterRevert = (tell: Teller, before: string, now: string): void => {
  if (before !== withoutKept(now)) throw new Error('the cluster differs from what it was before')
  tell.say(
    '\n→ The demo compared the configuration of every guest with the one before: equal, byte for byte, but for the disk that was added. A revert\ndetaches it and keeps it as an unused disk, because there may be data on it by now.',
  )
}

const declareAndApply = async (tell: Teller, context: CommandContext, stage: Stage): Promise<string> => {
  tell.chapter(
    '2. Declare',
    `A declaration says what you want, in Proxmox VE's own parameter names. This is homelab.mpc.hcl:\n\n${indent(stage.declarations)}`,
  )
  await context.io.files.writeText(join(stage.folder, 'homelab.mpc.hcl'), stage.declarations)
  tell.chapter(
    '3. Plan',
    'The plan lists every step, what it means for the guest, and how it will be undone. Nothing has been sent to the server yet.',
  )
  const id = planIdIn(await tell.command(['plan'], EXIT.done))
  tell.chapter(
    '4. Apply',
    'Each request is written to a journal before it is sent. (Without --auto-approve, mpc asks.)',
  )
  await tell.command(['apply', id, '--auto-approve'], EXIT.done)
  tell.say('\nPlanned again, nothing is left to do:')
  await tell.command(['plan', '--detailed-exitcode'], EXIT.done)
  return id
}

const failAndRollBack = async (tell: Teller, context: CommandContext, stage: Stage): Promise<void> => {
  tell.chapter(
    '5. A change that fails',
    'Now a third web server and more memory for all of them are declared, and the demo makes the storage fail while the new disk is\ncopied. What was done before the failure is undone, last step first.',
  )
  const before = pictureOf(stage)
  const edited = stage.declarations
    .replace(/default( +)= 2\b/, 'default$1= 3')
    .replaceAll('memory = 2048', 'memory = 3072')
  if (edited === stage.declarations) throw new Error('the example no longer holds what the demo edits')
  await context.io.files.writeText(join(stage.folder, 'homelab.mpc.hcl'), edited)
  const fault = stage.simulator.faults.add({
    kind: 'task-fails',
    task: { type: 'qmclone' },
    step: 5,
    text: "storage 'local-lvm': no space left on device",
  })
  await tell.command(['apply', '--auto-approve', '--parallelism', '1'], EXIT.rolledBack)
  stage.simulator.faults.remove(fault)
  compare(tell, before, pictureOf(stage))
  await context.io.files.writeText(join(stage.folder, 'homelab.mpc.hcl'), stage.declarations)
}

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`.trimEnd())
    .join('\n')

/** Runs the real commands against the simulated cluster and explains them; every ending is checked, so the demo cannot lie. */
export const tellStory = async (context: CommandContext, stage: Stage): Promise<ExitCode> => {
  const tell = teller(context, stage)
  const { url, fingerprint } = stage.simulator
  tell.chapter(
    'mpc: declare your Proxmox VE guests, see the plan, apply it, undo it',
    `This demo runs on a simulated cluster of 3 nodes, 11 VMs and 4 containers at ${url}. It touches nothing else.`,
  )
  tell.chapter(
    '1. Meet the cluster',
    'A workspace is a folder. mpc reads the cluster into a local file; it changes nothing there.',
  )
  await tell.command(['init', '--endpoint', url, '--fingerprint', fingerprint], EXIT.done)
  await tell.command(['sync'], EXIT.done)
  const before = pictureOf(stage)
  const id = await declareAndApply(tell, context, stage)
  await failAndRollBack(tell, context, stage)
  tell.chapter(
    '6. Undo',
    `Days later you want the cluster back as it was before plan ${id}. A revert is a plan like any other: shown, approved, journalled.`,
  )
  await tell.command(['revert', id, '--auto-approve'], EXIT.done)
  compareAfterRevert(tell, before, pictureOf(stage))
  await tell.command(['history'], EXIT.done)
  tell.chapter(
    'That was mpc.',
    'On your own cluster: mpc init, mpc sync, then write your first *.mpc.hcl. Read on in README.md.\n',
  )
  return EXIT.done
}
