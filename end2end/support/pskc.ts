// Hardware tokens in a file of PSKC (RFC 6030), which says from when and until when their maker lets them be used.
const DAY_MILLISECONDS = 86_400_000;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export interface Dated {
  serial: string;
  /** Good from so many days on. */
  from?: number;
  /** Good for so many days. */
  until?: number;
  digits?: 6 | 8;
}

/** Time-based tokens with one seed, given as Base32. */
export function pskc(base32: string, tokens: Dated[]): string {
  const bits = [...base32].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString("base64");
  const date = (name: string, days?: number) =>
    days === undefined ? "" : `<${name}>${new Date(Date.now() + days * DAY_MILLISECONDS).toISOString()}</${name}>`;
  const packages = tokens.map(
    ({ serial, from, until, digits = 6 }) => `
  <KeyPackage>
    <DeviceInfo><Manufacturer>Zeeland Sleutels</Manufacturer><SerialNo>${serial}</SerialNo><Model>ZS-1</Model>${date("StartDate", from)}${date("ExpiryDate", until)}</DeviceInfo>
    <Key Id="${serial}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp">
      <AlgorithmParameters><ResponseFormat Length="${digits}" Encoding="DECIMAL"/></AlgorithmParameters>
      <Data>
        <Secret><PlainValue>${secret}</PlainValue></Secret>
        <Time><PlainValue>0</PlainValue></Time>
        <TimeInterval><PlainValue>30</PlainValue></TimeInterval>
      </Data>
    </Key>
  </KeyPackage>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">${packages.join("")}\n</KeyContainer>\n`;
}
