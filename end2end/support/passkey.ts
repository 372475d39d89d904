// A passkey without a finger: Chromium's virtual authenticator on one page. It is gone with the page.
import type { CDPSession, Page } from "@playwright/test";

export interface Authenticator {
  /** Whether the person's finger or face is recognised from now on. */
  recognise(verified: boolean): Promise<void>;
  /** Whether the person touches it when asked; suggestions in the name field are taken at once then. */
  touched(touches: boolean): Promise<void>;
  /** How many passkeys it holds. */
  count(): Promise<number>;
  /** Takes it out of the computer. */
  remove(): Promise<void>;
}

export async function addAuthenticator(page: Page): Promise<Authenticator> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    recognise: async (isUserVerified) => {
      await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    touched: async (enabled) => {
      await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
    },
    count: async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
    remove: async () => {
      await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    },
  };
}
