// One JSON request on standard input, one JSON answer on standard output; wechat-crypto does the work.
const Crypt = require('wechat-crypto');
const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const crypt = new Crypt(asked.token, asked.aes_key, asked.app_id);
const answer = {};
if (asked.plain !== undefined) answer.cipher = crypt.encrypt(asked.plain);
if (asked.cipher !== undefined) answer.plain = crypt.decrypt(asked.cipher).message;
answer.signature = crypt.getSignature(asked.stamp, asked.nonce, answer.cipher || asked.cipher);
process.stdout.write(JSON.stringify(answer));
