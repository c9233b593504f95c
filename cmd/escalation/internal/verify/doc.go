// Package verify plays scenarios against a CRM and reports what came of them, as text, JSON or JUnit XML.
//
// # Guarantees
//
//   - Every scenario gets exactly one result, in the order in which they were given but for those that need the platform
//     for themselves, which come last.
//   - A run ends in bounded time whatever the CRM does: each scenario has its time limit, and if the CRM does not take even the
//     first webhook the others are skipped.
//   - A request that belongs to no scenario, or comes when its scenario is over, is reported as well, in the result [Others].
//   - Conversation ids are new in every run, unless the same seed is given again.
//   - No report holds what a CRM sends in its Authorization header, nor the webhook secret, unless the CRM writes them
//     into its texts. (TestReportsHoldNoKey)
package verify
