// As little as a client in Node can be: asks a unix socket once, and prints the answer.
// Arguments: the path of the socket, the request.
import { connect } from 'node:net';

const [path = '', request = ''] = process.argv.slice(2);
const socket = connect(path, () => socket.write(`${request}\n`));
socket.pipe(process.stdout);
