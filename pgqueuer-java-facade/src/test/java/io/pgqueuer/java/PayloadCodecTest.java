package io.pgqueuer.java;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PayloadCodecTest {
    record Receipt(long orderId, String email) {}

    private static final Receipt RECEIPT = new Receipt(42, "ann@example.org");

    @Test
    void textGoesThroughUtf8AndOtherBytesAreRefused() throws Exception {
        var codec = PayloadCodec.utf8();

        assertEquals("Björn", codec.decode(codec.encode("Björn")));
        assertThrows(CharacterCodingException.class, () -> codec.decode(new byte[] {(byte) 0xff}));
    }

    @Test
    void recordsGoThroughJson() throws Exception {
        var codec = JacksonCodec.of(Receipt.class);

        assertArrayEquals(bytes("{\"orderId\":42,\"email\":\"ann@example.org\"}"), codec.encode(RECEIPT));
        assertEquals(RECEIPT, codec.decode(codec.encode(RECEIPT)));
    }

    @Test
    void aMapperOfTheApplicationsIsUsedAsItIsConfigured() {
        var mapper = new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

        assertArrayEquals(
                bytes("{\"order_id\":42,\"email\":\"ann@example.org\"}"),
                JacksonCodec.of(mapper, Receipt.class).encode(RECEIPT));
    }

    @Test
    void fieldsThatTheTypeDoesNotHaveAreIgnoredUnlessAMapperOfTheApplicationsRefusesThem() throws Exception {
        var newer = bytes("{\"orderId\":42,\"email\":\"ann@example.org\",\"currency\":\"EUR\"}");

        assertEquals(RECEIPT, JacksonCodec.of(Receipt.class).decode(newer));
        assertThrows(IOException.class, () -> JacksonCodec.of(new ObjectMapper(), Receipt.class).decode(newer));
    }

    @Test
    void genericTypesKeepTheirArguments() throws Exception {
        var codec = JacksonCodec.of(new ObjectMapper(), new TypeReference<List<Receipt>>() {});

        assertEquals(List.of(RECEIPT), codec.decode(codec.encode(List.of(RECEIPT))));
    }

    @Test
    void whatIsNoValueIsRefused() {
        var codec = JacksonCodec.of(Receipt.class);

        assertThrows(IOException.class, () -> codec.decode(bytes("{")));
        assertThrows(IOException.class, () -> codec.decode(bytes("null")));
        assertThrows(IllegalArgumentException.class, () -> JacksonCodec.of(Object.class).encode(new Object()));
    }

    @Test
    void propertiesThatTheTypeDoesNotHaveAreIgnored() throws Exception {
        var newer = bytes("{\"orderId\":42,\"email\":\"ann@example.org\",\"language\":\"de\"}");

        assertEquals(RECEIPT, JacksonCodec.of(Receipt.class).decode(newer));
        assertEquals(RECEIPT, Jackson3Codec.of(Receipt.class).decode(newer));
        var strict = JacksonCodec.of(new ObjectMapper(), Receipt.class);
        assertThrows(IOException.class, () -> strict.decode(newer));
    }

    @Test
    void jackson3ReadsAndWritesWhatJackson2Does() throws Exception {
        var codec = Jackson3Codec.of(Receipt.class);
        var mapper = tools.jackson.databind.json.JsonMapper.builder()
                .propertyNamingStrategy(tools.jackson.databind.PropertyNamingStrategies.SNAKE_CASE)
                .build();
        var list = Jackson3Codec.of(mapper, new tools.jackson.core.type.TypeReference<List<Receipt>>() {});

        assertEquals(RECEIPT, codec.decode(JacksonCodec.of(Receipt.class).encode(RECEIPT)));
        assertEquals(RECEIPT, JacksonCodec.of(Receipt.class).decode(codec.encode(RECEIPT)));
        assertEquals(List.of(RECEIPT), list.decode(list.encode(List.of(RECEIPT))));
        assertArrayEquals(
                bytes("{\"order_id\":42,\"email\":\"ann@example.org\"}"),
                Jackson3Codec.of(mapper, Receipt.class).encode(RECEIPT));
        assertThrows(tools.jackson.core.JacksonException.class, () -> codec.decode(bytes("{")));
        assertThrows(IOException.class, () -> codec.decode(bytes("null")));
    }

    @Test
    void aJobTypeRefusesNullWithWhatToDo() {
        var type = JobType.of("send", JacksonCodec.of(Receipt.class));
        var failure = assertThrows(NullPointerException.class, () -> type.newJob(null));

        assertEquals(
                "value must not be null: each job of entrypoint 'send' carries a value. To enqueue a job without a "
                        + "payload, name its entrypoint instead of its type",
                failure.getMessage());
    }

    @Test
    void aJobTypeNamesItsEntrypointAndEncodesAtOnce() {
        var type = JobType.of("send", PayloadCodec.utf8());

        assertEquals("send", type.entrypoint());
        assertArrayEquals(bytes("x"), type.codec().encode("x"));
        assertEquals("JobType(send)", type.toString());
        var job = type.newJob("x", options -> options.priority(3));
        assertEquals("send", job.entrypoint());
        assertArrayEquals(bytes("x"), job.payload().orElseThrow());
        assertEquals(3, job.priority());
        assertEquals(0, type.newJob("x").priority());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
