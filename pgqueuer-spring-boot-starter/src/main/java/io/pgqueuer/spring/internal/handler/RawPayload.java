package io.pgqueuer.spring.internal.handler;

import io.pgqueuer.java.PayloadCodec;

/** Leaves payloads as they are. */
enum RawPayload implements PayloadCodec<byte[]> {
    BYTES;

    @Override
    public byte[] encode(byte[] value) {
        return value;
    }

    @Override
    public byte[] decode(byte[] payload) {
        return payload;
    }
}
