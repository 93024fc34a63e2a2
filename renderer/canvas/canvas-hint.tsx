// Why the connection under the pointer is refused, said while it is drawn.
import { useConnection } from '@xyflow/react';
import { Ban } from 'lucide-react';
import type { JSX } from 'react';
import { t } from '../text';

interface CanvasHintProps {
  readonly faultOf: (connection: {
    readonly source: string;
    readonly sourceHandle: string | null;
    readonly target: string;
    readonly targetHandle: string | null;
  }) => string | null;
}

/** Re-renders while a connection is drawn and the port under the pointer changes. */
export function CanvasHint({ faultOf }: CanvasHintProps): JSX.Element {
  const ends = useConnection((connection) => {
    if (!connection.inProgress || connection.isValid !== false || !connection.toHandle) return '';
    const { fromHandle, toHandle } = connection;
    const [output, input] = fromHandle.type === 'source' ? [fromHandle, toHandle] : [toHandle, fromHandle];
    return [output.type, output.nodeId, output.id ?? '', input.type, input.nodeId, input.id ?? ''].join('\n');
  });
  return (
    <div className="canvas-hint" role="status">
      {ends === '' ? null : (
        <span className="canvas-hint-text">
          <Ban size={14} aria-hidden />
          {explain(ends, faultOf)}
        </span>
      )}
    </div>
  );
}

function explain(ends: string, faultOf: CanvasHintProps['faultOf']): string {
  const [outputType, source = '', sourceHandle = '', inputType, target = '', targetHandle = ''] =
    ends.split('\n');
  if (outputType !== 'source' || inputType !== 'target') return t('edge.outputToInput');
  return faultOf({ source, sourceHandle, target, targetHandle }) ?? '';
}
