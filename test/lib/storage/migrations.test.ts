import {createHash} from 'node:crypto'
import {readdirSync, readFileSync} from 'node:fs'
import {expect, it} from 'vitest'

const directory = new URL('../../../src/lib/storage/migrations/', import.meta.url)

/** What was released stays as it was: databases were made with it. A change of the schema is a new file, with a line here. */
const released = {
  '0001-journal.sql': 'c8586784a01e8c7311a4ffc2f0f2fc2ab3ef229987bccf3252f4d0f87bbccfc0',
  '0002-secrets.sql': '0a24464b6eabbe26cc8a44204915776f4d5941b2b194507ac4fccb9c56fc125a',
  '0003-store-anchor.sql': '422b8650d0fa7f6eab5f2eef9985ee6088583df40237bf9ee628ec2682e83e6f',
  '0004-plans-and-log-lines.sql': 'abde219f17bede237b6a5b865e50d81b8305c73750b2430ce54e4bdbd30d3a36',
  '0005-across-processes.sql': 'aa3efc92e214cf57e74e24f98c1c727c2379ad0e17c51c967db83762ad43257d',
  '0006-owners.sql': '4361937e1cc8670bfa7aa012cc86e01f47f090114fe10e549e0d7f30a8e79bd4',
}

it('never changes a migration that was released', () => {
  const files = readdirSync(directory).filter((name) => name.endsWith('.sql'))
  const hashes = files.map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(new URL(name, directory)))
      .digest('hex'),
  ])
  expect(Object.fromEntries(hashes)).toEqual(released)
})
