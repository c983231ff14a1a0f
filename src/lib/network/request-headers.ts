// Headers of requests where only some paths are granted. A server can take the path, or another one, from a header, and no list of them is complete
// (X-Original-URL, Destination, X-Amz-Copy-Source, …): so those that pass are listed, and those that do not are refused, never left out silently.

const listed = new Set(
  `
  accept accept-charset accept-encoding accept-language accept-datetime access-control-request-headers access-control-request-method
  authorization cache-control content-digest content-disposition content-encoding content-language content-md5 content-range content-type
  cookie date digest dnt from if-match if-modified-since if-none-match if-range if-unmodified-since last-event-id max-forwards origin pragma
  prefer priority range referer repr-digest save-data signature signature-input upgrade-insecure-requests user-agent want-digest warning

  api-key apikey circle-token dd-api-key dd-application-key deploy-token job-token ocp-apim-subscription-key private-token
  x-access-token x-api-key x-api-token x-atlassian-token x-auth-email x-auth-key x-auth-token x-client-id x-client-secret x-consul-token
  x-csrf-token x-csrftoken x-figma-token x-functions-key x-goog-api-key x-gitlab-token x-hub-signature x-hub-signature-256
  x-rapidapi-key x-redmine-api-key x-sentry-auth x-shopify-access-token x-vault-token x-xsrf-token

  anthropic-beta anthropic-version github-authentication-token-expiration notion-version openai-beta openai-organization openai-project
  stripe-account stripe-version x-api-version x-github-api-version

  amz-sdk-invocation-id amz-sdk-request x-amz-acl x-amz-content-sha256 x-amz-date x-amz-sdk-checksum-algorithm x-amz-security-token
  x-amz-storage-class x-amz-user-agent x-goog-api-client x-goog-date x-goog-user-project x-ms-blob-type x-ms-client-request-id x-ms-date x-ms-version

  baggage b3 client-request-id correlation-id idempotency-key request-id sentry-trace traceparent tracestate x-amzn-trace-id x-client-request-id
  x-cloud-trace-context x-correlation-id x-idempotency-key x-request-id x-requested-with x-trace-id

  autokestra-egress connection content-length expect host http2-settings keep-alive proxy-authenticate proxy-authorization proxy-connection te
  trailer transfer-encoding upgrade
  `
    .trim()
    .split(/\s+/),
)
const listedBeginnings = /^(?:sec-fetch-|sec-ch-|x-b3-|x-stainless-|x-amz-checksum-|x-amz-meta-|x-goog-meta-|x-ms-meta-)[a-z0-9-]+$/

/** The first header that does not pass. @param raw names and values by turns, as Node gives them */
export function findUnlistedHeader(raw: readonly string[]): string | undefined {
  return raw.find((text, index) => {
    if (index % 2 === 1) return false
    const name = text.toLowerCase()
    return !listed.has(name) && !listedBeginnings.test(name)
  })
}
