import {describe, expect, it} from 'vitest'
import {warnAboutGrants} from '../../../src/lib/advice/grant-warnings.ts'

describe('a network grant', () => {
  it.each<[string, string[]]>([
    ['https://api.example.com', []],
    ['https://api.example.com/v1/*', []],
    ['https://*.example.com', []],
    ['https://8.8.8.8', []],
    ['https://*', ['any-host']],
    ['http://*', ['unencrypted', 'any-host']],
    ['http://api.example.com', ['unencrypted']],
    ['https://*.com', ['wildcard-too-wide']],
    ['https://*.co.uk', ['wildcard-too-wide']],
    ['https://*.github.io', ['wildcard-too-wide']],
    ['https://*.amazonaws.com', ['wildcard-too-wide']],
    ['https://acme.github.io', []],
    ['https://10.1.2.3', ['private-address']],
    ['https://172.31.0.1', ['private-address']],
    ['https://172.32.0.1', []],
    ['https://192.168.1.1:8443', ['private-address']],
    ['https://[fd12::1]', ['private-address']],
    ['https://printer.local', ['private-address']],
    ['https://wiki.internal', ['private-address']],
    ['https://wiki', ['private-address']],
    ['https://pastebin.com', ['drop-place']],
    ['https://abc.ngrok.io', ['drop-place']],
    ['https://notpastebin.com', []],
    ['https://hooks.slack.com/services/T0/*', ['drop-place']],
    ['api.example.com', ['invalid-rule']],
    ['https://169.254.169.254', ['invalid-rule']],
    ['*', ['invalid-rule']],
  ])('%s has the warnings %j', (rule, codes) => {
    expect(warnAboutGrants({network: [rule]}).map(({code}) => code)).toEqual(codes)
  })

  it('of more than ten hosts is one warning, however many rules each of them has', () => {
    const rules = (count: number): string[] => Array.from({length: count}, (_, index) => `https://h${String(index)}.example.com/a`)
    expect(warnAboutGrants({network: [...rules(10), 'https://h0.example.com/b']})).toEqual([])
    expect(warnAboutGrants({network: rules(11)}).map(({code}) => code)).toEqual(['many-hosts'])
  })
})

describe('a grant of a path', () => {
  it.each<[string, string[], string[]]>([
    ['./data', [], []],
    ['out/', [], []],
    ['data/file.csv', [], []],
    ['/srv/reports', [], []],
    ['.', [], ['project-writable']],
    ['./', [], ['project-writable']],
    ['a/..', [], ['project-writable']],
    ['/', ['whole-disk'], ['whole-disk']],
    ['/srv/../', ['whole-disk'], ['whole-disk']],
    ['~', ['home-directory'], ['home-directory']],
    ['~/', ['home-directory'], ['home-directory']],
    ['/home/ada', ['home-directory'], ['home-directory']],
    ['/root', ['home-directory'], ['home-directory']],
    ['~/documents', [], []],
    ['~/.ssh', ['secret-directory'], ['secret-directory']],
    ['/home/ada/.aws/credentials', ['secret-directory'], ['secret-directory']],
    ['~/.config/gcloud', ['secret-directory'], ['secret-directory']],
    ['.env', ['secret-directory'], ['secret-directory']],
    ['secrets', ['secret-directory'], ['secret-directory']],
    ['/etc', ['system-directory'], ['system-directory']],
    ['/etc/ssl/../hosts', ['system-directory'], ['system-directory']],
    ['/etcetera', [], []],
    ['/var/run/docker.sock', ['socket'], ['socket']],
    ['.git', ['git-directory'], ['git-directory']],
    ['sub/.git/hooks', ['git-directory'], ['git-directory']],
    ['../other', ['outside-project'], ['outside-project']],
    ['a/../../other', ['outside-project'], ['outside-project']],
  ])('%s has the warnings %j when read and %j when written', (path, read, write) => {
    expect(warnAboutGrants({filesystem: {read: [path]}}).map(({code}) => code)).toEqual(read)
    expect(warnAboutGrants({filesystem: {write: [path]}}).map(({code}) => code)).toEqual(write)
  })
})
