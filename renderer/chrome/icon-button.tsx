// A button with an icon, its name and shortcut in a tooltip; bound to a command it knows by itself when it can be used.
import * as Tooltip from '@radix-ui/react-tooltip';
import { LoaderCircle, type LucideIcon } from 'lucide-react';
import type { JSX, ReactNode } from 'react';
import { COMMANDS } from '#core/commands/commands';

import { runCommand } from '../actions/commands';
import { shortcutText } from '../actions/shortcuts';
import { useApp } from '../stores/app';
import { useEnabled } from './use-enabled';

interface IconButtonProps {
  /** The accessible name. */
  readonly label: string;
  readonly icon: LucideIcon;
  readonly command?: string;
  readonly onClick?: () => void;
  readonly isDisabled?: boolean;
  readonly isBusy?: boolean;
  readonly isPressed?: boolean;
  readonly className?: string;
  /** Words beside the icon. */
  readonly children?: ReactNode;
}

export function IconButton({
  label,
  icon,
  command,
  onClick,
  isDisabled = false,
  isBusy = false,
  isPressed,
  className = '',
  children,
}: IconButtonProps): JSX.Element {
  const canRun = useEnabled(command);
  const Icon = isBusy ? LoaderCircle : icon;
  const click = onClick ?? (() => command !== undefined && runCommand(command));
  return (
    <Hint text={label} command={command}>
      <button
        type="button"
        className={`${children === undefined ? 'icon-button' : 'button'} ${className}`}
        data-command={command}
        aria-label={label}
        aria-pressed={isPressed}
        aria-busy={isBusy}
        aria-disabled={isDisabled || !canRun}
        onClick={() => {
          if (!isDisabled && canRun) click();
        }}
      >
        <Icon size={16} aria-hidden className={isBusy ? 'is-spinning' : ''} />
        {children}
      </button>
    </Hint>
  );
}

/** A tooltip with the shortcut of a command. */
export function Hint({
  text,
  command,
  side = 'top',
  children,
}: {
  readonly text: ReactNode;
  readonly command?: string | undefined;
  /** Where it opens if there is room. */
  readonly side?: 'top' | 'right';
  readonly children: ReactNode;
}): JSX.Element {
  const isMac = useApp((state) => state.platform === 'darwin');
  const shortcut = COMMANDS.find(({ id }) => id === command)?.shortcut;
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" side={side} sideOffset={6} collisionPadding={8}>
          <span>{text}</span>
          {shortcut === undefined ? null : <kbd>{shortcutText(shortcut, isMac)}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
