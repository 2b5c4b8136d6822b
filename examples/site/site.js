// What a site can hear of the box: that somebody agreed, how many units are done, that it stopped, and that there is nothing to ask.
const said = document.getElementById('said')
const words = {
  'commonwatt-asking': () => 'Nobody has agreed to anything yet.',
  'commonwatt-quiet': () => 'There is nothing to ask here.',
  'commonwatt-consented': () => 'Thank you. You can stop at any time.',
  'commonwatt-unit': ({ unitsDone }) => `Thank you for ${unitsDone} ${unitsDone === 1 ? 'unit' : 'units'}.`,
  'commonwatt-stopped': () => 'It has stopped. Thank you.',
}
for (const [type, say] of Object.entries(words))
  addEventListener(type, ({ detail }) => {
    said.textContent = say(detail)
  })
