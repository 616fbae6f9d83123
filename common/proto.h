/*
 * Envelopes of the Varlink protocol (https://varlink.org/Method-Call): calls, replies, errors and
 * the names of the standard ones. Parameters are jansson values; no I/O here.
 */
#ifndef MUSTER_COMMON_PROTO_H
#define MUSTER_COMMON_PROTO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The longest message the daemon reads; the client reads replies up to PROTO_REPLY_MAX. */
#define PROTO_MESSAGE_MAX (1024u * 1024u)
#define PROTO_REPLY_MAX (256u * 1024u * 1024u)
/* How deep parameters may be nested. */
#define PROTO_DEPTH_MAX 64

#define PROTO_INTERFACE_NOT_FOUND "org.varlink.service.InterfaceNotFound"
#define PROTO_METHOD_NOT_FOUND "org.varlink.service.MethodNotFound"
#define PROTO_METHOD_NOT_IMPLEMENTED "org.varlink.service.MethodNotImplemented"
#define PROTO_INVALID_PARAMETER "org.varlink.service.InvalidParameter"

struct proto_call {
	char *method;       /* "org.muster.Process.List" */
	json_t *parameters; /* an object, empty where the caller gave none; owned */
	bool more;
	bool oneway;
};

struct proto_reply {
	char *error;        /* NULL for a good reply */
	json_t *parameters; /* an object; owned */
	bool continues;
};

/*
 * Decodes one message. 0, -ENOMEM, or -EBADMSG where it is no JSON object of the right form; then
 * *ret_why is a constant that says what is wrong.
 */
int proto_decode_call(const char *text, size_t size, struct proto_call *ret_call,
                      const char **ret_why);
int proto_decode_reply(const char *text, size_t size, struct proto_reply *ret_reply,
                       const char **ret_why);
void proto_call_done(struct proto_call *call);
void proto_reply_done(struct proto_reply *reply);

/*
 * Encodes one message, without its NUL, as heap text owned by the caller; NULL when out of memory.
 * parameters are borrowed and may be NULL for an empty object; error is NULL for a good reply.
 */
char *proto_encode_call(const char *method, json_t *parameters, bool more, bool oneway,
                        size_t *ret_size);
char *proto_encode_reply(const char *error, json_t *parameters, bool continues, size_t *ret_size);

#endif
