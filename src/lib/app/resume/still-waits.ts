// Whether a parked run would only be parked again: then its journal is left alone, however often somebody looks.

import type {RunRequests} from '../../engine/requests/run-requests.ts'
import type {RunSummary} from '../../storage/run-rows.ts'
import {parkBeyondMs} from '../runs/park.ts'
import type {NothingToResume} from './find-run.ts'

/** Undefined: there is something to do, or will be soon. */
export async function stillWaits(run: RunSummary, openRequests: () => Promise<RunRequests>): Promise<NothingToResume | undefined> {
  const {id, status, waitsUntil} = run
  if (status !== 'waiting') return undefined
  if (waitsUntil !== undefined && Date.parse(waitsUntil) - Date.now() <= parkBeyondMs) return undefined
  const requests = await (await openRequests()).listOpen(id)
  if (requests.length > 0) return undefined
  return {message: `nothing to do: run ${id} waits ${waitsUntil === undefined ? 'for an answer' : `until ${waitsUntil}`}`, run}
}
