-- What other processes ask of a run. The process that owns the run reads it while it has a reason to.

CREATE TABLE run_requests (
  -- AUTOINCREMENT: a number is never used again, also when its run was deleted.
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('approve', 'reject', 'cancel')),
  -- NULL: it is about the run as a whole.
  task TEXT,
  requested_by TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  comment TEXT,
  -- NULL: what follows from it is not in the journal yet.
  answered_at TEXT
) STRICT;

CREATE INDEX open_run_requests ON run_requests (run_number) WHERE answered_at IS NULL;

-- Results of tasks that are used again while nothing has changed that they depend on.

CREATE TABLE task_results (
  -- The order in which they were kept.
  number INTEGER PRIMARY KEY,
  -- Absolute path of the workflow file.
  file TEXT NOT NULL,
  task TEXT NOT NULL,
  -- Keyed, as all digests here are: the key is not in the database.
  digest TEXT NOT NULL,
  -- Id of the run that has it from the program itself.
  run TEXT NOT NULL,
  -- Milliseconds since 1970.
  stored_at INTEGER NOT NULL,
  -- JSON. Last, so that the columns before them are read without them.
  parts TEXT NOT NULL,
  output TEXT NOT NULL,
  files TEXT NOT NULL,
  products TEXT NOT NULL,
  UNIQUE (file, task, digest)
) STRICT;

CREATE INDEX task_results_in_order ON task_results (file, task, number);
CREATE INDEX task_results_by_age ON task_results (stored_at);

-- Tasks that make files, while they run. Two at once may have made one file together, so neither result is kept.
CREATE TABLE running_makers (
  number INTEGER PRIMARY KEY,
  file TEXT NOT NULL,
  task TEXT NOT NULL,
  run TEXT NOT NULL,
  owner_pid INTEGER NOT NULL,
  owner_start_time TEXT NOT NULL,
  owner_system TEXT NOT NULL,
  -- Another process ran the same task at the same time.
  is_shared INTEGER NOT NULL CHECK (is_shared IN (0, 1))
) STRICT;

CREATE INDEX running_makers_by_task ON running_makers (file, task);

-- Who holds or waits for a concurrency group. A ticket is there as long as its run waits or goes on.
CREATE TABLE group_tickets (
  -- The order of arrival. AUTOINCREMENT: never used again, so nobody takes a new ticket for one that is gone.
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  group_name TEXT NOT NULL CHECK (length(group_name) > 0),
  run_id TEXT NOT NULL,
  run_limit INTEGER NOT NULL CHECK (run_limit > 0),
  is_holding INTEGER NOT NULL DEFAULT 0 CHECK (is_holding IN (0, 1)),
  -- The process of the run. When it is gone, the next one takes the ticket away.
  owner_pid INTEGER NOT NULL,
  owner_start_time TEXT NOT NULL,
  owner_system TEXT NOT NULL,
  -- Signs of life, for those who cannot look at the process. A count, not a time: clocks may jump.
  beats INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX group_tickets_in_order ON group_tickets (group_name, number);

-- The task of another run that the run was made for. NULL: somebody has started it.
ALTER TABLE runs ADD COLUMN parent_run TEXT;
ALTER TABLE runs ADD COLUMN parent_task TEXT;
