-- The journal. `runs` holds one row per run, a summary for lists; `events` holds everything that happened, and is only ever appended to.

CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) > 0),
  workflow_id TEXT NOT NULL,
  file TEXT NOT NULL,
  started_at TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
  reason TEXT,
  finished_at TEXT,
  duration_ms INTEGER,
  task_count INTEGER,
  succeeded_count INTEGER,
  failed_count INTEGER,
  skipped_count INTEGER,
  cancelled_count INTEGER,
  -- The process that executes the run: without it, a run that is not finished is one that was interrupted.
  owner_pid INTEGER NOT NULL,
  owner_start_time TEXT NOT NULL,
  owner_system TEXT NOT NULL
) STRICT;

CREATE INDEX runs_by_workflow ON runs (workflow_id, number);

CREATE TABLE events (
  run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  seq INTEGER NOT NULL CHECK (seq > 0),
  type TEXT NOT NULL,
  task TEXT,
  attempt INTEGER,
  -- The event as one line of JSON, exactly as `--events` prints it. Last, so that the columns before it are read without it.
  line TEXT NOT NULL,
  UNIQUE (run_number, seq)
) STRICT;

-- Finds the steps of a run without reading its log.
CREATE INDEX events_without_logs ON events (run_number, seq) WHERE type <> 'task.log';

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
