// A network that a test has in its hand: what passes between a page and the server, and what does not.

import type { Page, WebSocketRoute } from '@playwright/test';

type Frame = string | Buffer;

/** The server's event `error`. */
export const error = (code: string) => `42["error",${JSON.stringify({ message: `Words for ${code}`, code })}]`;

/** Stands between the page and the server: `passed` says what becomes of a frame of the server's, `sent` of the page's. */
export class Network {
  connections = 0;
  /** How often the page has asked for everything over HTTP. */
  reloads = 0;
  passed: (frame: string) => Frame[] = (frame) => [frame];
  sent: (frame: string) => Frame = (frame) => frame;
  /** Puts a frame of the test's own among the server's, over the connection at hand. */
  say: (frame: string) => void = () => {};

  readonly between = async (page: Page) => {
    page.on('request', (request) => (this.reloads += Number(request.url().endsWith('/api/_ui/snapshot'))));
    await page.routeWebSocket(/\/socket\.io\//, (route: WebSocketRoute) => {
      this.connections += 1;
      this.say = (frame) => route.send(frame);
      const server = route.connectToServer();
      route.onMessage((frame) => server.send(this.sent(String(frame))));
      server.onMessage((frame) => this.passed(String(frame)).forEach((passed) => route.send(passed)));
    });
  };

  /** What the page is told in the place of being signed in, for each connection in turn: an error's code or nothing at all. */
  answerSignIns(...answers: (string | null)[]) {
    this.passed = (frame) => {
      if (!frame.includes('"authenticated"') || this.connections > answers.length) return [frame];
      const code = answers[this.connections - 1];
      return code ? [error(code)] : [];
    };
  }
}
