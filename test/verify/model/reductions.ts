import { isEvidenceAsRead } from './claim-and-post.ts';
import { IDLE, type ProtocolState, type Worker } from './protocol-state.ts';

/**
 * Interleavings that need not be searched, because another one that is searched shows all they could. For the real design
 * alone: the arguments rest on its guards. A test compares the decisions with and without, on smaller cells.
 */

/**
 * Sends workers home that can do nothing any more but go home: who read what has moved on since will lose the claim, whose
 * refusal is overtaken concludes nothing, who would publish under something newer may not. None of that can become possible
 * again (I3, I9), and going home changes nothing for anybody else, forbids nobody anything, and allows what staying allowed.
 */
export function withoutHopeless(state: ProtocolState): ProtocolState {
  if (!state.workers.some((worker) => isHopeless(state, worker))) return state;
  const workers = state.workers.map((worker) => (isHopeless(state, worker) ? IDLE : worker));
  return { ...state, workers };
}

function isHopeless({ connection, access, budget }: ProtocolState, worker: Worker): boolean {
  const { phase, generation, version, beside } = worker;
  // Its other post may still bring tokens.
  if (beside !== null) return false;
  switch (phase) {
    case 'read':
      return !isAsRead(connection, worker) || !isEvidenceAsRead(connection, worker);
    case 'refused':
      // A refusal that is lost, or late, is posted once more.
      return budget.lostAnswers === 0 && budget.lateAnswers === 0 && !isAsRead(connection, worker);
    case 'publishing':
      if (access.kind === 'none') return false;
      return (
        access.generation > generation || (access.generation === generation && access.version > version + 1)
      );
    default:
      return false;
  }
}

function isAsRead(connection: Numbered, { generation, version }: Numbered): boolean {
  return generation === connection.generation && version === connection.version;
}

interface Numbered {
  readonly generation: number;
  readonly version: number;
}

/**
 * A worker whose next step is searched alone, because others acting before it show nothing that they do not show when they
 * act earlier, or later:
 * - `read`: the claim succeeds on the very state that was read, or the whole run was nothing. So reading may wait until just
 *   before the claim. (Not beside zombies: there a lease may come and run out in between.)
 * - `posted`: nothing happens to a request under way until the provider takes it; it may as well be sent only then.
 * - `answered`: an answer under way changes nothing for others; it may as well arrive, be lost, or be left open, at once.
 * A post that stays open is a step of its own, and others may act beside it.
 * Every such step brings its worker on, so nobody is put off forever.
 */
export function urgentWorker({ workers, budget, hadZombie }: ProtocolState): number {
  const mayOutlive = hadZombie || budget.zombies > 0;
  return workers.findIndex(
    ({ phase }) => phase === 'posted' || phase === 'answered' || (phase === 'read' && !mayOutlive),
  );
}
