-- The header of the secret store is authenticated as a whole, names how its key is derived, and ends the chain of the audit log.

CREATE TABLE secret_header (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  format INTEGER NOT NULL CHECK (format > 0),
  store_id BLOB NOT NULL CHECK (length(store_id) = 16),
  salt BLOB NOT NULL CHECK (length(salt) = 32),
  -- The key derivation and its parameters, as src/lib/secrets/key-derivation.ts writes them.
  kdf TEXT NOT NULL,
  check_value BLOB NOT NULL CHECK (length(check_value) = 32),
  active_key_id TEXT NOT NULL REFERENCES secret_keys (id),
  -- Grows with every change of the store.
  generation INTEGER NOT NULL CHECK (generation > 0),
  digest BLOB NOT NULL,
  digest_iv BLOB NOT NULL CHECK (length(digest_iv) = 12),
  digest_tag BLOB NOT NULL CHECK (length(digest_tag) = 16),
  -- Number and hash of the last entry of the audit log.
  audit_seq INTEGER NOT NULL DEFAULT 0 CHECK (audit_seq >= 0),
  audit_hash BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(audit_hash) = 32),
  -- Over this row and all of secret_keys. A store of format 1 has none; the first command with its key brings it to format 2.
  mac BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(mac) = 32)
) STRICT;

INSERT INTO secret_header (id, format, store_id, salt, kdf, check_value, active_key_id, generation, digest, digest_iv, digest_tag)
SELECT id, format, store_id, salt, 'pbkdf2-sha256:i=' || iterations, check_value, active_key_id, generation, digest, digest_iv, digest_tag
FROM secret_store;

DROP TABLE secret_store;
ALTER TABLE secret_header RENAME TO secret_store;

-- The entry of a deleted secret stays, so that its number is never used again.
ALTER TABLE secret_ledger ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1));

-- Who did what with which secrets. Each entry holds the hash of the one before; the header vouches for the last.
CREATE TABLE secret_audit (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at TEXT NOT NULL,
  action TEXT NOT NULL,
  -- A JSON array; of very many names, the first ones.
  names TEXT NOT NULL,
  name_count INTEGER NOT NULL CHECK (name_count >= 0),
  user TEXT NOT NULL,
  command TEXT NOT NULL,
  run TEXT,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
