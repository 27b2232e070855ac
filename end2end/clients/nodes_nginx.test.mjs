// Two nodes behind nginx, with the configuration of docs/nginx-nodes.conf.

import { Nginx } from '../support/nginx.js';
import { testBehind } from '../support/nodes.js';

testBehind('nginx', (nodes) => Nginx.nodes(nodes));
