/** What plugins need of exact JSON: they may import the Singer kit only. */
export { exactJson, parseExactJson } from '../exact-json.js';
export { Decimal, isNumber, plainNumber } from '../exact-number.js';
