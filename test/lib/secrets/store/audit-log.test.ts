import {describe, expect, test} from 'vitest'
import {appendAudit, auditLimit, isAuditWhole} from '../../../../src/lib/secrets/store/audit-log.ts'
import type {StoreHeader} from '../../../../src/lib/secrets/store/secret-rows.ts'
import {rawDatabase} from '../../../rig/raw-database.ts'
import {openStore} from '../../../rig/secret-home.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const text = (value: string): Buffer => Buffer.from(value)

async function plant() {
  const home = temporaryDir()
  const opened = await openStore(home)
  const {store} = opened
  await store.import(new Map(['A', 'B'].map((name) => [name, text(`value of ${name}`)])), {onExisting: 'overwrite'})
  await store.recordRead(['A', 'B'], 'run-1')
  await store.recordRead(['A'])
  await store.delete('B')
  return {home, ...opened}
}

describe('the audit log', () => {
  test('says who did what, the newest first, and no value', async () => {
    const {store, close} = await plant()
    await store.rotateKey({newKey: 'new-file', reencrypt: true, iterations: 100_000})
    const entries = await store.audit(100)
    expect(entries.map(({seq, action, names, nameCount, run}) => [seq, action, names, nameCount, run])).toEqual([
      [5, 'reencrypt', [], 0, null],
      [4, 'delete', ['B'], 1, null],
      [3, 'read', ['A'], 1, null],
      [2, 'read', ['A', 'B'], 2, 'run-1'],
      [1, 'set', ['A', 'B'], 2, null],
    ])
    expect(entries[0]).toMatchObject({user: 'tester', command: 'secrets set', at: '2026-01-01T00:00:00.000Z'})
    expect(JSON.stringify(entries)).not.toContain('value of')
    expect(await store.audit(2)).toHaveLength(2)
    expect((await store.verify()).findings).toEqual([])
    close()
  })

  test('keeps the first hundred of very many names, and their number', async () => {
    const {store, close} = await openStore(temporaryDir())
    await store.import(new Map(Array.from({length: 150}, (_, n) => [`N${String(n)}`, text('v')])), {onExisting: 'overwrite'})
    const [entry] = await store.audit(1)
    expect([entry?.names.length, entry?.nameCount]).toEqual([100, 150])
    close()
  })

  test.each([
    ['a name changed', `UPDATE secret_audit SET names = '["X"]' WHERE seq = 2`],
    ['a time changed', "UPDATE secret_audit SET at = '1999' WHERE seq = 1"],
    ['a run taken away', 'UPDATE secret_audit SET run = NULL WHERE seq = 2'],
    ['an entry removed', 'DELETE FROM secret_audit WHERE seq = 2'],
    ['the first entry removed', 'DELETE FROM secret_audit WHERE seq = 1'],
    ['the last entry removed', 'DELETE FROM secret_audit WHERE seq = 4'],
    ['all entries removed', 'DELETE FROM secret_audit'],
    [
      'an entry added',
      'INSERT INTO secret_audit SELECT 5, at, action, names, name_count, user, command, run, hash FROM secret_audit WHERE seq = 4',
    ],
    [
      'two entries swapped',
      'UPDATE secret_audit SET seq = 99 WHERE seq = 2; UPDATE secret_audit SET seq = 2 WHERE seq = 3; UPDATE secret_audit SET seq = 3 WHERE seq = 99',
    ],
  ])('with %s is found by verify', async (_what, sql) => {
    const {home, store, close} = await plant()
    const db = rawDatabase(home)
    db.exec(sql)
    db.close()
    expect((await store.verify()).findings).toMatchObject([{code: 'audit-damaged'}])
    close()
  })

  test('with its end put back is found by verify', async () => {
    const {home, store, close} = await plant()
    const db = rawDatabase(home)
    db.exec(
      'DELETE FROM secret_audit WHERE seq = 4; UPDATE secret_store SET audit_seq = 3, audit_hash = (SELECT hash FROM secret_audit WHERE seq = 3)',
    )
    db.close()
    expect((await store.verify()).findings).toMatchObject([{code: 'header-damaged'}])
    close()
  })

  test('is bounded: the oldest entries go, and what is left is checked as before', async () => {
    const {home, rows, close} = await plant()
    const actor = {user: 'u', command: 'c'}
    let end: Pick<StoreHeader, 'auditSeq' | 'auditHash'> = rows.header() ?? {auditSeq: 0, auditHash: Buffer.alloc(32)}
    rows.transaction(() => {
      for (let count = 0; count < auditLimit + 20; count++) end = appendAudit(rows, end, actor, {at: 'now', action: 'read', names: ['A']})
    })
    expect(rows.audit(2 * auditLimit)).toHaveLength(auditLimit + 1)
    expect(isAuditWhole(rows, end)).toBe(true)
    const db = rawDatabase(home)
    db.exec('DELETE FROM secret_audit WHERE seq = (SELECT min(seq) FROM secret_audit)')
    expect(isAuditWhole(rows, end)).toBe(false)
    db.close()
    close()
  })
})
