// Uses the npm package mailpit-api, a client of Mailpit's API, against a server of ours; prints what it found as JSON.
import { pathToFileURL } from "node:url";

const [module, url] = process.argv.slice(2);
const { MailpitClient } = await import(pathToFileURL(module).href);
const mail = new MailpitClient(url);
const refused = async (work) => { try { await work(); return ""; } catch (error) { return String(error.message).match(/Error: (\d+)/)?.[1] ?? String(error); } };

const found = {};
const sent = await mail.sendMessage({
  From: { Email: "ann@x.test", Name: "Ann" },
  To: [{ Email: "bob@x.test", Name: "Bob" }],
  Bcc: ["eve@x.test"],
  Subject: "Your order",
  Text: "Hello Bob",
  HTML: "<p>Hello <b>Bob</b></p>",
  Headers: { "X-Order": "7" },
  Attachments: [{ Content: Buffer.from("data").toString("base64"), Filename: "a.txt", ContentType: "text/plain" }],
  Tags: ["Orders"],
});
found.sent = sent.ID;
found.subject = (await mail.getMessageSummary(sent.ID)).Subject;
found.latest = (await mail.getMessageSummary()).ID;
found.order = (await mail.getMessageHeaders(sent.ID))["X-Order"];
found.source = (await mail.getMessageSource(sent.ID)).includes("Hello Bob");
const summary = await mail.getMessageSummary(sent.ID);
found.attachment = JSON.stringify(await (await mail.getMessageAttachment(sent.ID, summary.Attachments[0].PartID)).text?.() ?? "");
found.html = (await mail.renderMessageHTML(sent.ID)).includes("<b>Bob</b>");
found.text = await mail.renderMessageText(sent.ID);
found.listed = (await mail.listMessages(0, 10)).messages.map((message) => message.ID);
found.search = (await mail.searchMessages({ query: "subject:order", tz: "Europe/Rome" })).messages_count;
found.waited = (await mail.waitForMessage({ query: "subject:order" }, { timeout: 5000 })).Subject;
found.unread = await mail.setReadStatus({ IDs: [sent.ID], Read: false });
found.tags = await mail.getTags();
found.set = await mail.setTags({ IDs: [sent.ID], Tags: ["One", "Two words"] });
found.renamed = await mail.renameTag("Two words", "Two");
found.deleted_tag = await mail.deleteTag("One");
found.left = await mail.getTags();
found.version = typeof (await mail.getInfo()).Version;
found.relay = (await mail.getConfiguration()).MessageRelay.Enabled;
found.check = (await mail.htmlCheck(sent.ID)).Warnings.length;
found.chaos = (await mail.getChaosTriggers()).Sender.Probability;
found.reset = (await mail.setChaosTriggers({})).Recipient.Probability;
found.links = await refused(() => mail.linkCheck(sent.ID));
found.spam = await refused(() => mail.spamAssassinCheck(sent.ID));
found.release = await refused(() => mail.releaseMessage(sent.ID, { To: ["bob@x.test"] }));
found.missing = await refused(() => mail.getMessageSummary("nothing"));
found.deleted_search = await mail.deleteMessagesBySearch({ query: "subject:nothing" });
found.deleted = await mail.deleteMessages({ IDs: [sent.ID] });
found.empty = (await mail.listMessages()).messages;
found.cleared = await mail.deleteMessages();
console.log(JSON.stringify(found));
