package io.pgqueuer.examples.documented;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The snippets of docs/spring-boot.md, as one application. */
@SpringBootApplication
class DocumentedApplication {}
