// `container` of a workflow and of a task.

import {closed} from './parts.ts'

const container = {
  ...closed,
  type: ['string', 'object'],
  title: 'container',
  minLength: 1,
  properties: {
    image: {
      type: 'string',
      minLength: 1,
      description: 'The image, as `docker pull` takes it. Templates are evaluated.',
      examples: ['python:3.12-slim'],
    },
    mounts: {
      type: 'array',
      items: {type: 'string', minLength: 1},
      description:
        'Files and directories that the container sees besides the working directory, as source:target, or source:target:ro for reading only. The source is relative to the workflow file, absolute, or from ~.',
      examples: [['./data:/data:ro']],
      default: [],
    },
    network: {
      enum: ['none', 'bridge'],
      description: 'bridge: the usual network of Docker, through which everything can be reached. none: no network.',
      default: 'bridge',
    },
    user: {
      type: ['string', 'integer'],
      minimum: 0,
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$',
      title: 'user of a container',
      description: 'Who runs the step: a user of the image or a number, and a group behind a colon. Default: you, by your numbers.',
      examples: ['root', '1000:1000'],
    },
    workdir: {
      type: 'string',
      pattern: '^/',
      title: 'directory in a container',
      description: 'Where a step starts, as a path in the container. Default: the working directory, which is mounted under its own path.',
      examples: ['/data'],
    },
    pull: {
      enum: ['missing', 'always', 'never'],
      description: 'When the image is pulled, before the first task starts: when it is not there, in every run, or never.',
      default: 'missing',
    },
  },
} as const

export const workflowContainerSchema = {
  ...container,
  description:
    'Shell and script tasks run in a container of this image; the name of an image alone is enough. Tasks that are not a program, such as core/http.request, are not affected.',
} as const

export const taskContainerSchema = {
  ...container,
  type: ['string', 'object', 'boolean', 'null'],
  description:
    'The task runs in a container of this image. What is not written here is taken from the container of the workflow; `false`: the task runs without a container.',
} as const
