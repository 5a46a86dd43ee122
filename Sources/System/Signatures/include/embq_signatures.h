/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on the curve P-256 with SHA-256, by OpenSSL's libcrypto. Keys are PEM texts; signatures are DER. */
#ifndef EMBQ_SIGNATURES_H
#define EMBQ_SIGNATURES_H

#include <stddef.h>
#include <stdint.h>

/* What became of a call. */
typedef enum embq_signing {
    EMBQ_SIGNING_DONE = 0,
    EMBQ_SIGNING_NO_KEY = 1,    /* the text holds no such key */
    EMBQ_SIGNING_ENCRYPTED = 2, /* the key needs a password */
    EMBQ_SIGNING_OTHER = 3,     /* a key of another kind or curve */
    EMBQ_SIGNING_WRONG = 4,     /* the signature is not that of the message by this key */
    EMBQ_SIGNING_FAILED = 5     /* libcrypto failed, or there is too little room */
} embq_signing;

/* Room for a signature. */
#define EMBQ_SIGNATURE_SIZE 80u
/* Room for a public key's PEM text. */
#define EMBQ_PUBLIC_KEY_SIZE 512u

/* The public key, as PEM text of its SubjectPublicKeyInfo, of a private key or of a public one. */
embq_signing embq_public_key(const uint8_t *pem, size_t pem_size, int is_private, uint8_t *text, size_t *text_size);

/* The signature of a message; *signature_size receives its length. */
embq_signing embq_sign(const uint8_t *pem, size_t pem_size, const uint8_t *message, size_t size, uint8_t *signature,
                       size_t *signature_size);

/* Whether a signature is that of a message, by a public key. */
embq_signing embq_check_signature(const uint8_t *pem, size_t pem_size, const uint8_t *message, size_t size,
                                  const uint8_t *signature, size_t signature_size);

#endif
