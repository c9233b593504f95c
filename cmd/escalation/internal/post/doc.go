// Package post makes one POST for a person who wants to know what becomes of it.
//
// # Guarantees
//
//   - One call is at most one request: nothing is sent a second time, and no redirect is followed.
//   - It ends within the time limit, however slowly the other side answers, and reads a bounded part of the answer.
//   - What went wrong is one line that names the cause a person can do something about. It holds no header and no
//     more of the URL than its host.
package post
