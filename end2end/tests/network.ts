// A network that a test controls: which frames pass between a page and the server.

import type { Page, WebSocketRoute } from '@playwright/test';

type Frame = string | Buffer;

/** The server's event `error`. */
export const error = (code: string) => `42["error",${JSON.stringify({ message: `Words for ${code}`, code })}]`;

/** A relay between the page and the server: `passed` changes the server's frames, `sent` the page's. */
export class Network {
  connections = 0;
  /** How often the page has reloaded over HTTP. */
  reloads = 0;
  passed: (frame: string) => Frame[] = (frame) => [frame];
  sent: (frame: string) => Frame = (frame) => frame;
  /** Inserts a frame into the server's, over the current connection. */
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

  /** What the page receives in place of `authenticated`, for each connection in order: an error's code, or nothing. */
  answerSignIns(...answers: (string | null)[]) {
    this.passed = (frame) => {
      if (!frame.includes('"authenticated"') || this.connections > answers.length) return [frame];
      const code = answers[this.connections - 1];
      return code ? [error(code)] : [];
    };
  }
}
