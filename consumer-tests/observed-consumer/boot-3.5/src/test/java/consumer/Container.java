package consumer;

import jakarta.servlet.Servlet;
import java.nio.file.Files;
import org.apache.catalina.startup.Tomcat;

/** Tomcat, as Spring Boot manages it. */
record Container(Tomcat tomcat) implements AutoCloseable {
    static Container serve(Servlet servlet, String path) throws Exception {
        var folder = Files.createTempDirectory("tomcat").toString();
        var tomcat = new Tomcat();
        tomcat.setBaseDir(folder);
        tomcat.setPort(0);
        tomcat.getConnector();
        var context = tomcat.addContext("", folder);
        Tomcat.addServlet(context, "queue", servlet).setAsyncSupported(true);
        context.addServletMappingDecoded(path, "queue");
        tomcat.start();
        return new Container(tomcat);
    }

    int port() {
        return tomcat.getConnector().getLocalPort();
    }

    @Override
    public void close() throws Exception {
        tomcat.stop();
        tomcat.destroy();
    }
}
