// A message centre (npm smpp) that does what the last digits of a number say. See README.md.
'use strict';
const fs = require('fs');
const smpp = require('smpp');

const tell = (what) => console.log(JSON.stringify(what));
const tls = process.argv.indexOf('--tls');
const options = tls < 0 ? {} : { tls: true, cert: fs.readFileSync(process.argv[tls + 1]), key: fs.readFileSync(process.argv[tls + 2]) };
let count = 0;

const receipt = (session, pdu, id, stat, extra = {}) => session.deliver_sm({
  esm_class: 4, source_addr: pdu.destination_addr, destination_addr: pdu.source_addr,
  short_message: `id:${id} sub:001 dlvrd:001 submit date:2611250145 done date:2611250146 stat:${stat} err:000 text:Your code is`, ...extra,
}, (answer) => tell({ event: 'receipt_answer', status: answer.command_status }));

const server = smpp.createServer(options, (session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    tell({ event: 'bind', system_id: pdu.system_id, interface_version: pdu.interface_version });
    const good = pdu.system_id === 'tweestap' && pdu.password === 'secret';
    session.send(pdu.response({ command_status: good ? 0 : smpp.ESME_RINVPASWD, system_id: 'peer' }));
  });
  session.on('enquire_link', (pdu) => { tell({ event: 'enquire_link' }); session.send(pdu.response()); });
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('submit_sm', (pdu) => {
    tell({
      event: 'submit', to: pdu.destination_addr, from: pdu.source_addr, text: pdu.short_message.message, data_coding: pdu.data_coding,
      esm_class: pdu.esm_class, registered_delivery: pdu.registered_delivery, source_ton: pdu.source_addr_ton, dest_ton: pdu.dest_addr_ton,
      dest_npi: pdu.dest_addr_npi,
    });
    const refuse = { 11: smpp.ESME_RINVDSTADR, 12: smpp.ESME_RTHROTTLED, 15: smpp.ESME_RSYSERR }[pdu.destination_addr.slice(-2)];
    if (refuse) return session.send(pdu.response({ command_status: refuse }));
    const id = `m${++count}`;
    switch (pdu.destination_addr.slice(-2)) {
      case '13': return;
      case '14': return session.destroy();
      case '16':
        session.send(pdu.response({ message_id: id }));
        receipt(session, pdu, id, 'DELIVRD');
        receipt(session, pdu, id, 'ENROUTE');
        receipt(session, pdu, id, 'DELIVRD');
        // A text of a member, which is no receipt.
        session.deliver_sm({ source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, short_message: 'id:x stat:DELIVRD hello' });
        receipt(session, pdu, 'other', 'UNKNOWN', { receipted_message_id: id, message_state: 5 });
        return;
      case '17':
        session.send(pdu.response({ message_id: id }));
        session.unbind();
        return;
      default:
        session.send(pdu.response({ message_id: id }));
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
