// Two nodes behind HAProxy, with the configuration of docs/haproxy.cfg.

import { Haproxy } from '../support/haproxy.js';
import { testBehind } from '../support/nodes.js';

testBehind('HAProxy', (nodes) => Haproxy.nodes(nodes));
