-- A run keeps its plan, and counts its owners. Log lines move out of the events: these keep what changes a run, numbered without gaps, and
-- lines are numbered within their attempt. The log of an older run stays among its events.

CREATE TABLE plans (
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  -- JSON. Last, so that the columns before it are read without it.
  plan TEXT NOT NULL
) STRICT;

-- NULL: the run was made before plans were kept.
ALTER TABLE runs ADD COLUMN plan_number INTEGER REFERENCES plans (number);
-- Masking has changed the plan: it is not the one that was executed.
ALTER TABLE runs ADD COLUMN is_plan_masked INTEGER NOT NULL DEFAULT 0 CHECK (is_plan_masked IN (0, 1));
-- The format of its events. 1: log lines are among the events, and counted with them.
ALTER TABLE runs ADD COLUMN events_version INTEGER NOT NULL DEFAULT 1 CHECK (events_version > 0);
-- Grows with each process that takes the run over. Only the last one may append.
ALTER TABLE runs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1 CHECK (epoch > 0);

CREATE INDEX runs_by_plan ON runs (plan_number) WHERE plan_number IS NOT NULL;

CREATE TRIGGER plans_go_with_their_last_run AFTER DELETE ON runs WHEN OLD.plan_number IS NOT NULL
BEGIN
  DELETE FROM plans WHERE number = OLD.plan_number AND NOT EXISTS (SELECT 1 FROM runs WHERE plan_number = OLD.plan_number);
END;

CREATE TABLE log_lines (
  number INTEGER PRIMARY KEY,
  run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  -- `seq` of the last event before it: where it stands among the events of the run.
  after_seq INTEGER NOT NULL CHECK (after_seq >= 0),
  task TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  -- Within the attempt, from 1 without gaps.
  line_number INTEGER NOT NULL CHECK (line_number > 0),
  -- The event as one line of JSON, exactly as `--events` prints it.
  line TEXT NOT NULL
) STRICT;

-- The order in which they were written; and the lines of one task, which are all between two events.
CREATE INDEX log_lines_in_order ON log_lines (run_number, after_seq);

CREATE TRIGGER log_lines_are_never_changed BEFORE UPDATE ON log_lines
BEGIN
  SELECT RAISE(ABORT, 'log lines are append-only');
END;
