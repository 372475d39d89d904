// Why am I asked? Each of the seven reasons reached from its real cause, on a phone and in both languages, and read where it is told: on the page, in the
// attempt, and at the service desk while it is open and when it is over. What is set up in the wizard then opens the next sign-in.
import { expectAccessible } from "../support/axe.ts";
import { enterName, enterPassword, leaveWizard, readCodes, registerApp, sessionId, setUp, signOut } from "../support/journey.ts";
import type { App } from "../support/oath.ts";
import { addAuthenticator } from "../support/passkey.ts";
import type { Person } from "../support/person.ts";
import { type Tenant, tenant } from "../support/tenant.ts";
import { expect, test } from "../support/test.ts";
import { LANGUAGES } from "../support/words.ts";

const NAME = "Hogeschool Duinmeer";
const VPN = "VPN";
/** Strictest first, as the pages have them, and each with its words at the desk. */
const REASONS = {
  mfa_enabled_no_info: "reg_mfa_enabled",
  app_policy_requires_mfa: "reg_app_policy",
  device_registration: "reg_device",
  hello_provisioning: "reg_hello",
  method_disabled_by_admin: "reg_method_disabled",
  registration_policy: "reg_policy",
  sspr_enabled: "reg_sspr",
} as const;
type Reason = keyof typeof REASONS;

interface Cause {
  who: string;
  reasons: Reason[];
  /** Makes it so; answers the page where the member begins. */
  arise(org: Tenant, upn: string): Promise<string>;
  /** It can be put off for so many days. */
  waits?: number;
  /** An app will not do: the device makes a passkey. */
  passkey?: boolean;
}

/** Another program asks what is missing, and sends the member to the link that it gets. */
async function link(org: Tenant, user: string, what: { application: string } | { action: string }): Promise<string> {
  const { body } = await org.rest("POST", "/requirements", { user, ...what });
  expect(body.satisfied).toBe(false);
  return body.link;
}

const enable = (org: Tenant, upn: string) => org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enabled" });

const CAUSES: Cause[] = [
  {
    who: "anouk",
    reasons: ["mfa_enabled_no_info"],
    arise: async (org, upn) => {
      await enable(org, upn);
      return "/sign-in";
    },
  },
  { who: "bram", reasons: ["app_policy_requires_mfa"], arise: (org, upn) => link(org, upn, { application: VPN }) },
  { who: "cato", reasons: ["device_registration"], arise: (org, upn) => link(org, upn, { action: "register_device" }) },
  { who: "daan", reasons: ["hello_provisioning"], arise: (org, upn) => link(org, upn, { action: "provision_passkey" }) },
  {
    who: "esra",
    reasons: ["registration_policy"],
    waits: 14,
    arise: async (org) => {
      await org.policy((document) => (document.registration.ask_everybody = true));
      return "/sign-in";
    },
  },
  {
    // All that hold are told, and the strictest of them decides whether it can wait.
    who: "fenna",
    reasons: ["mfa_enabled_no_info", "device_registration", "registration_policy"],
    arise: async (org, upn) => {
      await enable(org, upn);
      return link(org, upn, { action: "register_device" });
    },
  },
  {
    who: "gijs",
    reasons: ["sspr_enabled"],
    waits: 9,
    arise: async (org) => {
      await org.policy((document) => {
        document.registration = { ask_everybody: false, grace_days: 9 };
        document.reset = { ...document.reset, scope: "everybody", gates: 1, register: true };
      });
      return "/sign-in";
    },
  },
  {
    // He had an app and used it, until it was taken out of the policy.
    who: "hanna",
    reasons: ["mfa_enabled_no_info", "method_disabled_by_admin"],
    passkey: true,
    arise: async (org, upn) => {
      await org.app(upn);
      await org.rest("PUT", `/users/${upn}/mfa-state`, { state: "enforced" });
      await org.policy((document) => {
        document.reset = { ...document.reset, scope: "nobody", register: false };
        document.methods = document.methods.filter(({ kind }: { kind: string }) => kind !== "totp");
      });
      return "/sign-in";
    },
  },
];

for (const language of LANGUAGES) {
  test(`each of the seven reasons comes from its cause and is told everywhere (${language})`, async ({ server, somebody }) => {
    // Eight members, one after the other: what the organisation demands changes between them.
    test.slow();
    const org = await tenant(server, NAME);
    const rule = (name: string, about: object) => ({ name, state: "on", then: "require_mfa", ...about });
    await org.policy((document) => {
      document.rules = [
        rule("Remote work", { applications: [VPN] }),
        rule("Joining devices", { actions: ["register_device"] }),
        rule("Faces and fingers", { actions: ["provision_passkey"] }),
      ];
    });
    const desk = await somebody({ language, width: 390 });
    await setUp(desk, org.invited("teun", { given: "Teun", role: "support" }));
    expect(new Set(CAUSES.flatMap(({ reasons }) => reasons)).size, "all seven").toBe(Object.keys(REASONS).length);

    for (const cause of CAUSES) {
      await test.step(cause.reasons.join(" and "), async () => {
        const upn = org.member(cause.who, { given: "Jip" });
        const start = await cause.arise(org, upn);
        const me = await somebody({ language, width: 390 });
        const authenticator = cause.passkey ? await addAuthenticator(me.page) : undefined;
        await begins(me, start, upn);
        await asked(me, cause);
        if (cause.waits) {
          await me.go(me.button("register.skip", { count: cause.waits }));
          await expect(me.heading()).toHaveText(me.say("security_info.title"));
          await signOut(me);
          await begins(me, start, upn);
          await asked(me, cause);
        }
        await expectAccessible(me.page, `the wizard for ${cause.reasons}`);

        // The member reads out what stands at the foot, and the desk sees why while he is still at it.
        const session = await sessionId(me);
        await desk.page.goto(`/support/sessions/${session}`);
        await desk.reads("support.find_waiting_register");
        await told(desk, cause);

        const app = await registers(me, cause);
        await me.page.goto("/security-info");
        await expect(me.heading()).toHaveText(me.say("security_info.title"));
        const { body: log } = await org.rest("GET", `/auth-log?user=${upn}&reason=registered`);
        expect(log.items.map((row: any) => [row.session_id, row.registration_reasons])).toEqual([[session, cause.reasons]]);
        const { body: attempt } = await org.rest("GET", `/attempts/${session}`);
        expect(attempt.registration_reasons).toEqual(cause.reasons);
        await desk.page.goto(`/support/sessions/${session}`);
        await desk.reads("support.find_allowed", { how: desk.say("reasons.registered") });
        await told(desk, cause);

        // Nothing is missing any more. A passkey that its owner does not touch opens nothing by itself.
        await authenticator?.touched(false);
        await signOut(me);
        await begins(me, start, upn);
        if (app) {
          await me.enter(me.field("sign_in.code_label_six"), app.fresh());
          await expect(me.page).not.toHaveURL(/\/(sign-in|register)/);
        } else await expect(me.heading()).toHaveText(me.say("sign_in.passkey_title"));
      });
    }
  });
}

/** By the link or the page, with name and password. */
async function begins(me: Person, start: string, upn: string): Promise<void> {
  if (start === "/sign-in") await enterName(me, upn);
  else {
    await me.page.goto(start);
    await me.enter(me.field("sign_in.name_label"), upn);
  }
  await enterPassword(me);
}

/** The page says these reasons, in this order, and no other. */
async function asked(me: Person, { reasons, waits, passkey }: Cause): Promise<void> {
  await expect(me.heading()).toHaveText(me.say(passkey ? "register.passkey_title" : "register.scan_title"));
  const sentences = Object.keys(REASONS).map((reason) => me.say(`reasons.why_${reason}`, { tenant: NAME, application: VPN }));
  const said = (await me.main().getByRole("paragraph").allInnerTexts()).filter((text) => sentences.includes(text));
  expect(said).toEqual(reasons.map((reason) => me.say(`reasons.why_${reason}`, { tenant: NAME, application: VPN })));
  await expect(me.button("register.skip", { count: waits ?? 14 })).toHaveCount(waits ? 1 : 0);
}

/** The case names these reasons among its steps, and no other. */
async function told(desk: Person, { reasons }: Cause): Promise<void> {
  const steps = desk.page.getByRole("region", { name: desk.say("support.every_step") });
  await expect(steps).toContainText(desk.say("support.step_registration"));
  for (const [reason, words] of Object.entries(REASONS)) {
    await expect(steps.getByText(desk.say(`support.${words}`)), reason).toHaveCount(reasons.includes(reason as Reason) ? 1 : 0);
  }
}

async function registers(me: Person, { passkey }: Cause): Promise<App | undefined> {
  if (passkey) await me.go(me.button("security_info.passkey_make"));
  const app = passkey ? undefined : (await registerApp(me)).app;
  expect(await readCodes(me)).toHaveLength(10);
  await leaveWizard(me);
  return app;
}
