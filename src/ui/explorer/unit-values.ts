// A unit's exact values, for whoever checks them elsewhere.
import { msg, str } from '@lit/localize'
import { type TemplateResult, html, nothing } from 'lit'
import type { UnitFacts, UnitRecord } from '#sdk/explore/unit-lookup.ts'
import { formatBytes, formatCount, shortDigest } from '#ui/format.ts'
import '#ui/elements/digest-text.ts'
import type { Certificate } from '#verify/certificate.ts'
import { partCount } from './counts.ts'
import { figure } from './page-frame.ts'
import { unitPath } from './route.ts'

/** Ids, roots, sizes and the price. */
export function valuesSection({ body }: Certificate, { unit, id, facts, others }: UnitRecord): TemplateResult {
  return html`<section aria-labelledby="values">
    <h2 id="values">${msg('Exact values')}</h2>
    <dl class="facts">
      <dt>${msg('Unit')}</dt>
      <dd><cw-digest .value=${unit} label=${msg('Copy the unit’s id')}></cw-digest></dd>
      <dt>${msg('Certificate')}</dt>
      <dd>
        <cw-digest .value=${id ?? ''} label=${msg('Copy the certificate’s id')}></cw-digest>
        <a href="/api/v1/certificates/${id}" target="_blank" rel="noopener">${msg('as JSON')}</a>
      </dd>
      <dt>${msg('Job')}</dt>
      <dd>
        <cw-digest .value=${body.job} label=${msg('Copy the job’s id')}></cw-digest>
        <a href="/explorer?before=${body.admissionLeaf + 1}">${entryWords(body.admissionLeaf)}</a>
      </dd>
      <dt>${msg('Assurance')}</dt>
      <dd class="figure" translate="no">${body.assurance}</dd>
      <dt>${msg('Root')}</dt>
      <dd><cw-digest .value=${body.root} label=${msg('Copy the result’s root')}></cw-digest></dd>
      ${
        facts === null
          ? nothing
          : html`<dt>${msg('Kind')}</dt>
              <dd>${kindWords(facts)}</dd>
              <dt>${msg('Operations')}</dt>
              <dd class="figure">${formatCount(BigInt(facts.operations))}</dd>
              <dt>${msg('Result')}</dt>
              <dd>${resultWords(facts)}</dd>
              ${facts.inputs.map(
                ({ id: input, sizeBytes }, at) =>
                  html`<dt>${msg(str`Input ${at}`)}</dt>
                    <dd>
                      <cw-digest .value=${input} label=${msg('Copy the input’s id')}></cw-digest>
                      ${formatBytes(sizeBytes)}
                    </dd>`,
              )}`
      }
      <dt>${msg('Price')}</dt>
      <dd>${priceWords(body)}</dd>
      <dt>${msg('Attempt')}</dt>
      <dd>${attemptWords(body)}</dd>
    </dl>
    ${
      others.length === 0
        ? nothing
        : html`<p class="note">
            ${msg('Certified more than once:')}
            ${others.map((other) => html` <a class="figure" href=${unitPath({ by: 'certificate', id: other })}>${shortDigest(other)}</a>`)}
          </p>`
    }
  </section>`
}

function entryWords(index: number): string {
  const entry = formatCount(index)
  return msg(str`entry ${entry}`)
}

function kindWords({ kind, version, comparison }: UnitFacts) {
  const name = html`<span class="figure" translate="no">${kind}</span>`
  return comparison === 'exact'
    ? msg(html`${name}, version ${version}, exact`)
    : msg(html`${name}, version ${version}, within bounds`)
}

function resultWords({ resultBytes, parts }: UnitFacts): string {
  const [bytes, count] = [formatBytes(resultBytes), partCount(parts)]
  return msg(str`${bytes} in ${count}`)
}

function priceWords({ price }: Certificate['body']) {
  return msg(html`${figure(formatCount(BigInt(price)))} atto-credit`)
}

function attemptWords({ attempt, epoch }: Certificate['body']): string {
  const [number, shown] = [formatCount(attempt), formatCount(epoch)]
  return msg(str`${number}, epoch ${shown}`)
}
