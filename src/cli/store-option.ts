import { Option } from 'commander';
import { writableStores } from '../settings/edit-settings.js';

export function storeOption(): Option {
  return new Option('--store <store>', 'where to write it; auto keeps secrets in .env and the rest in meltano.yml')
    .choices(writableStores)
    .default('auto');
}
