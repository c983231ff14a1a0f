// The plugin core/file.

import {defineActions} from '@autokestra/plugin-sdk'
import {list} from './list.ts'
import {read} from './read.ts'
import {write} from './write.ts'

export default defineActions({read, write, list})
